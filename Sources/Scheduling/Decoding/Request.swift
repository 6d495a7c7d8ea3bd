/// A valid request of a client.
public enum Request: Sendable, Equatable {
    /// Deliver this schedule; it replaces the pending one of its key.
    case create(Schedule)
    /// Do not deliver the pending schedule of a key.
    case cancel(Cancellation)
}

/// The action that a request names.
public enum RequestAction: String, Sendable, CaseIterable {
    /// A create; also the meaning of a record that names no action.
    case create
    /// A cancel.
    case cancel
}

/// A request to take back the pending schedule of a key.
public struct Cancellation: Sendable, Hashable {
    /// The identity of the schedule.
    public var key: ScheduleKey
    /// The ordering key: the request's own, else the record key. It is `nil` only for a body that is not a record yet
    /// and names none. The key must then be looked up, because it chooses the partition.
    public var orderingKey: String?
    /// The intake offset of the cancel; −1 for a body that is not a record yet.
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
    /// A valid request.
    case request(Request)
    /// The record at this offset is not valid. It is on its way to the dead-letter topic; `requestDeadLettered`
    /// confirms its arrival.
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
