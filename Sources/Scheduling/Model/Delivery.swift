/// A schedule handed out for delivery.
public struct Delivery: Sendable {
    /// Names the delivery in the report that answers it; unique among the deliveries in flight.
    public var token: UInt32
    /// What to deliver.
    public var schedule: Schedule
    /// Whether it was due when its request was read, so that its schedule time says nothing of how late it is.
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

/// A callback that is to be attempted at a later time.
public struct Postponement: Sendable {
    /// The token of its delivery.
    public var token: UInt32
    /// When the next attempt is due. Whoever draws the jitter decides it.
    public var time: EpochMilliseconds
    /// Why the attempt failed, one sentence; `nil` when none was made: then its number stays.
    public var failure: String?

    /// A postponement from its parts.
    public init(token: UInt32, time: EpochMilliseconds, failure: String?) {
        self.token = token
        self.time = time
        self.failure = failure
    }
}
