/// Counts of a partition's events since its owner took it; they only grow.
public struct SchedulerCounters: Sendable, Equatable {
    /// Creates accepted, replacements included.
    public var created = 0
    /// Pending schedules superseded by a later create.
    public var replaced = 0
    /// Creates dropped because their schedule had been delivered already.
    public var duplicates = 0
    /// Pending schedules removed by a cancel.
    public var cancelled = 0
    /// Cancels that found nothing pending.
    public var cancelledNothing = 0
    /// Requests that could not be accepted.
    public var rejected = 0
    /// Deliveries acknowledged.
    public var delivered = 0
    /// Deliveries that failed for good.
    public var failed = 0
    /// Attempts of callbacks that failed and are repeated.
    public var retried = 0
    /// Times that a due schedule was put off without an attempt.
    public var putOff = 0

    /// All zero.
    public init() {}

    /// Adds the counts of another owner.
    public mutating func add(_ other: SchedulerCounters) {
        created += other.created
        replaced += other.replaced
        duplicates += other.duplicates
        cancelled += other.cancelled
        cancelledNothing += other.cancelledNothing
        rejected += other.rejected
        delivered += other.delivered
        failed += other.failed
        retried += other.retried
        putOff += other.putOff
    }
}
