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
