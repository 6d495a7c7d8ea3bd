/// What has become of a request when the service answers.
public struct RequestOutcome: Hashable, Sendable {
    /// How far it has come.
    public enum Stage: String, Sendable {
        /// In the intake topic; its partition's owner will apply it. The only stage without waiting.
        case accepted = "ACCEPTED"
        /// A create that the owner has applied.
        case stored = "STORED"
        /// A create that repeats one which has been carried out already: it changed nothing.
        case repeated = "REPEATED"
        /// A cancel that the owner has applied: the schedule will not be delivered.
        case cancelled = "CANCELLED"
    }

    /// How far it has come.
    public let stage: Stage
    /// Where it stands in the intake topic.
    public let receipt: Receipt

    /// The outcome as a JSON object: the receipt, and the stage's word as `stage`.
    public var json: String {
        String(receipt.json.dropLast()) + ",\"stage\":\"\(stage.rawValue)\"}"
    }
}
