internal import Runtime

/// Detects that records of a topic stand still in the producer because their partitions are gone.
///
/// A topic may be recreated with fewer partitions. librdkafka 2.16 then keeps trying the removed partitions, for ever
/// and without a report. So a topic whose records have not come back for a while is looked at. If it has fewer
/// partitions than before, the producer is given up, and its successor chooses the partitions again. A standstill alone
/// is no reason: records in the producer may have been written, and would be repeated.
struct StandstillWatch {
    /// How long no record comes back before the topic is looked at, in milliseconds.
    static let patience: Int64 = 5_000

    private enum State {
        case idle
        /// Running, since the producer had returned this many records.
        case running(moves: Int, until: Uptime)
        /// A look at the topic is in progress; this many records had been returned when it began.
        case looking(moves: Int)
    }

    private var state = State.idle
    /// The number of records that the producer has returned.
    private var moves = 0
    /// The topic's number of partitions; `nil` until it has been looked at.
    private var partitions: Int?

    /// Whether the topic is being looked at.
    var isLooking: Bool { if case .looking = state { true } else { false } }

    /// The producer has a record.
    ///
    /// - Returns: when to ask `isOver`; `nil` if that is known.
    mutating func begin(now: Uptime) -> Uptime? {
        guard case .idle = state else { return nil }
        let end = now.advanced(byMilliseconds: Self.patience)
        state = .running(moves: moves, until: end)
        return end
    }

    /// The producer has returned a record.
    mutating func moved() { moves += 1 }

    /// The time may have come; `hasRecords` says whether the producer has any records.
    ///
    /// - Returns: whether to look at the topic.
    mutating func isOver(hasRecords: Bool, now: Uptime) -> Bool {
        guard case .running(let before, let end) = state, end <= now else { return false }
        let standsStill = hasRecords && moves == before
        state = standsStill ? .looking(moves: moves) : .idle
        return standsStill
    }

    /// A look has found the topic with this many partitions, or has found nothing.
    ///
    /// - Returns: whether to give up the producer. If the earlier number is unknown, it counts as larger, once.
    mutating func looked(_ found: Int?, hasRecords: Bool) -> Bool {
        var standsStill = false
        if case .looking(let before) = state {
            standsStill = hasRecords && moves == before
            state = .idle
        }
        guard let found else { return false }
        // Records in the producer may still be meant for the larger number.
        if let partitions, found < partitions, hasRecords, !standsStill { return false }
        defer { partitions = found }
        return standsStill && partitions.map { found < $0 } ?? true
    }

    /// The producer is gone, with all its records.
    mutating func producerFailed() {
        if case .running = state { state = .idle }
    }
}
