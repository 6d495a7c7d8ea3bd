internal import Scheduling

/// The status of a schedule.
enum ScheduleStatus: String, Sendable, CaseIterable {
    case pending = "PENDING"
    case executed = "EXECUTED"
    case cancelled = "CANCELLED"
    case failed = "FAILED"
}

/// The latest create of a key, and what has become of it.
struct Standing: Sendable, Equatable {
    var status: ScheduleStatus
    /// The intake partition of the create.
    var partition: Int32
    /// The time at which it or its next attempt is due, and its intake offset as the store has it.
    var position: Position
    var orderingKey: String
    var target: DeliveryTarget
    /// Its history after the first attempt, or after it was put off; `nil` before that.
    var retry: Retry?

    /// The schedule time of the create.
    var scheduleTime: EpochMilliseconds { retry?.scheduleTime ?? position.time }

    /// Whether `key` is its ordering key. Bytes are compared, as the partitioner does.
    func isOrdered(by key: String) -> Bool { orderingKey.utf8.elementsEqual(key.utf8) }

    /// The reason why the latest attempt or delivery failed, if one has failed.
    var failure: String? { retry.flatMap { $0.failure.isEmpty ? nil : $0.failure } }
}

extension Standing {
    /// The standing according to the store; `nil` for an unknown key.
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
