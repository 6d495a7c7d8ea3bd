/// A schedule handed out for delivery.
public struct Delivery: Sendable {
    /// Identifies the delivery in the report that answers it; unique among the deliveries in flight.
    public var token: UInt32
    /// What to deliver.
    public var schedule: Schedule
    /// Whether it was due when its request was read. Its schedule time then says nothing about its lateness.
    public var wasDueOnArrival: Bool

    /// A delivery from its parts.
    public init(token: UInt32, schedule: Schedule, wasDueOnArrival: Bool = false) {
        self.token = token
        self.schedule = schedule
        self.wasDueOnArrival = wasDueOnArrival
    }
}

/// Why a delivery can never succeed.
public struct DeliveryFailure: Error, Sendable, Equatable {
    /// The code for the dead letter.
    public var code: DeadLetterCode
    /// One sentence naming the cause; no payload in it.
    public var detail: String

    /// A failure from its parts.
    public init(code: DeadLetterCode, detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// A callback to be attempted at a later time.
public struct Postponement: Sendable {
    /// The token of its delivery.
    public var token: UInt32
    /// When the next attempt is due. The caller draws the jitter.
    public var time: EpochMilliseconds
    /// Why the attempt failed, one sentence. `nil` if none was made: then the number of the attempt stays.
    public var failure: String?

    /// A postponement from its parts.
    public init(token: UInt32, time: EpochMilliseconds, failure: String?) {
        self.token = token
        self.time = time
        self.failure = failure
    }
}
