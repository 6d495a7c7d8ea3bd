/// The state of a request when the service answers.
public struct RequestOutcome: Hashable, Sendable {
    /// The stage that a request has reached.
    public enum Stage: String, Sendable {
        /// It is in the intake topic, and its partition's owner will apply it. Without waiting, this is the only stage.
        case accepted = "ACCEPTED"
        /// A create that the owner has applied.
        case stored = "STORED"
        /// A create that repeats one which has been carried out. It changed nothing.
        case repeated = "REPEATED"
        /// A cancel that the owner has applied: the schedule will not be delivered.
        case cancelled = "CANCELLED"
    }

    /// The stage that the request has reached.
    public let stage: Stage
    /// The request's place in the intake topic.
    public let receipt: Receipt

    /// The outcome as a JSON object: the receipt, with the stage as `stage`.
    public var json: String {
        String(receipt.json.dropLast()) + ",\"stage\":\"\(stage.rawValue)\"}"
    }
}
