/// What a client asks for, checked.
public enum Request: Sendable, Equatable {
    /// Deliver this, in place of what is pending for its key.
    case create(Schedule)
    /// Do not deliver what is pending for a key.
    case cancel(Cancellation)
}

/// The word in a request that tells a create from a cancel.
public enum RequestAction: String, Sendable, CaseIterable {
    /// A create; also what a record means that names no action.
    case create
    /// A cancel.
    case cancel
}

/// A request to take back the pending schedule of a key.
public struct Cancellation: Sendable, Hashable {
    /// The identity of the schedule.
    public var key: ScheduleKey
    /// The ordering key: the request's own, else the record key. `nil` only for a body that came without a record and
    /// names none; it has to be looked up then, because it chooses the partition.
    public var orderingKey: String?
    /// The intake offset of the cancel; −1 for a body that came without a record.
    public var offset: Int64

    /// A cancellation from its parts.
    public init(key: ScheduleKey, orderingKey: String?, offset: Int64) {
        self.key = key
        self.orderingKey = orderingKey
        self.offset = offset
    }
}

/// One record of the intake as the scheduler sees it.
public enum IntakeItem: Sendable {
    /// A request that can be accepted.
    case request(Request)
    /// A record at this offset that cannot; it is on its way to the dead-letter topic, which
    /// `requestDeadLettered` confirms.
    case rejected(offset: Int64)

    /// The log offset of the record.
    public var offset: Int64 {
        switch self {
        case .request(.create(let schedule)): schedule.position.offset
        case .request(.cancel(let cancellation)): cancellation.offset
        case .rejected(let offset): offset
        }
    }
}
