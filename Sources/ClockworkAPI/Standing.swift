internal import Scheduling

/// Where a schedule stands in its life.
enum ScheduleStatus: String, Sendable, CaseIterable {
    case pending = "PENDING"
    case executed = "EXECUTED"
    case cancelled = "CANCELLED"
    case failed = "FAILED"
}

/// What is known of the latest create of a key.
struct Standing: Sendable, Equatable {
    var status: ScheduleStatus
    /// The intake partition of the create.
    var partition: Int32
    /// When it is due, or its next attempt, and its intake offset, as the store calls it.
    var position: Position
    var orderingKey: String
    var target: DeliveryTarget
    /// What it has behind it; `nil` while it is as its create made it.
    var retry: Retry?

    /// The schedule time of the create.
    var scheduleTime: EpochMilliseconds { retry?.scheduleTime ?? position.time }

    /// Whether this is its ordering key, byte by byte, as the partitioner sees it.
    func isOrdered(by key: String) -> Bool { orderingKey.utf8.elementsEqual(key.utf8) }

    /// Why the latest attempt or delivery failed, where one has.
    var failure: String? { retry.flatMap { $0.failure.isEmpty ? nil : $0.failure } }
}

extension Standing {
    /// `nil` for a key nobody has used.
    init?(_ lookup: KeyLookup) {
        guard let record = lookup.record else { return nil }
        let status: ScheduleStatus =
            switch record.state {
            case .latest: lookup.isPending ? .pending : .executed
            case .cancelled: .cancelled
            case .failed: .failed
            }
        self.init(
            status: status,
            partition: record.partition,
            position: record.position,
            orderingKey: record.orderingKey,
            target: record.target,
            retry: record.retry
        )
    }
}
