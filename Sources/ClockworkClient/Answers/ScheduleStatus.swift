internal import Bytes

/// A schedule as the service knows it.
public struct ScheduleStatus: Hashable, Sendable {
    /// The status of a schedule. Later versions of the service may have further ones.
    public struct State: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The word that the contract has for it.
        public let rawValue: String

        /// A status from its word.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// It waits for its time.
        public static let pending = State(rawValue: "PENDING")
        /// It has been delivered.
        public static let executed = State(rawValue: "EXECUTED")
        /// It has been cancelled.
        public static let cancelled = State(rawValue: "CANCELLED")
        /// It could not be delivered, and went to the dead-letter topic.
        public static let failed = State(rawValue: "FAILED")

        /// The word.
        public var description: String { rawValue }
    }

    /// The client that the key belongs to.
    public let clientID: String
    /// The client's key.
    public let scheduleKey: String
    /// The key that chose the partition, which is also the key of the delivered record; `nil` if the service does not
    /// say.
    public let orderingKey: String?
    /// When it is due, in epoch milliseconds; `nil` if the service does not say.
    public let scheduleTimeMilliseconds: Int64?
    /// Its target; `nil` if the service does not say.
    public let delivery: Delivery?
    /// The status.
    public let state: State
    /// The intake partition of the request.
    public let partition: Int32?
    /// The offset of the request in that partition.
    public let offset: Int64?
    /// For a callback, the number of the attempt that is pending, is in flight, or was the last.
    public let attempt: Int?
    /// For a pending callback, when that attempt is due, in epoch milliseconds.
    public let nextAttemptTimeMilliseconds: Int64?
    /// The reason why the delivery, or the latest attempt of a callback, failed.
    public let lastFailure: String?
    /// Whether the answer is final. If not, earlier requests had still to be applied and may have changed it.
    public let isFinal: Bool

    init?(_ json: JSONValue, isFinal: Bool) {
        guard let clientID = json["clientId"]?.text, let scheduleKey = json["scheduleKey"]?.text,
            let state = json["status"]?.text
        else { return nil }
        self.isFinal = isFinal
        self.clientID = clientID
        self.scheduleKey = scheduleKey
        orderingKey = json["orderingKey"]?.text
        scheduleTimeMilliseconds = json["scheduleTime"]?.integer
        delivery = Delivery(json["delivery"])
        self.state = State(rawValue: state)
        partition = json["partition"]?.integer.flatMap { Int32(exactly: $0) }
        offset = json["offset"]?.integer
        attempt = json["attempt"]?.integer.flatMap { Int(exactly: $0) }
        nextAttemptTimeMilliseconds = json["nextAttemptTime"]?.integer
        lastFailure = json["lastFailure"]?.text
    }

    /// The status as the JSON object of the contract.
    public var json: String {
        JSONWriter.objectText { json in
            json.member("clientId", clientID)
            json.member("scheduleKey", scheduleKey)
            json.member("orderingKey", orderingKey)
            json.member("scheduleTime", scheduleTimeMilliseconds)
            if let delivery { json.member("delivery", delivery.write(to:)) }
            json.member("status", state.rawValue)
            json.member("partition", partition.map(Int64.init))
            json.member("offset", offset)
            json.member("attempt", attempt.map(Int64.init))
            json.member("nextAttemptTime", nextAttemptTimeMilliseconds)
            json.member("lastFailure", lastFailure)
            if !isFinal { json.member("final", false) }
        }
    }
}
