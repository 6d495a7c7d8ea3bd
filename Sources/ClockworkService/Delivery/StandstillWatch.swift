internal import Runtime

/// Whether the records of a topic stand still in the producer because partitions that they were meant for are gone.
///
/// A topic may be recreated with fewer partitions. librdkafka 2.16 goes on producing what it has for the others, for ever
/// and without a report. So a topic of which no record has come back for a while is looked at, and where it has fewer
/// partitions than before, the producer is given up: its successor chooses the partitions anew. A standstill alone is no
/// reason, since what is in the producer may have been written and would be repeated.
struct StandstillWatch {
    /// How long nothing comes back before the topic is looked at, in milliseconds.
    static let patience: Int64 = 5_000

    private enum State {
        case idle
        /// Since the producer had given back so many.
        case running(moves: Int, until: Uptime)
        /// The topic is being looked at; so many had been given back then.
        case looking(moves: Int)
    }

    private var state = State.idle
    /// How many records the producer has given back.
    private var moves = 0
    /// How many partitions the topic had; `nil` until it has been looked at.
    private var partitions: Int?

    /// Whether the topic is being looked at.
    var isLooking: Bool { if case .looking = state { true } else { false } }

    /// The producer has a record.
    ///
    /// - Returns: when `isOver` is to be asked; `nil` where that is known.
    mutating func begin(now: Uptime) -> Uptime? {
        guard case .idle = state else { return nil }
        let end = now.advanced(byMilliseconds: Self.patience)
        state = .running(moves: moves, until: end)
        return end
    }

    /// The producer has given a record back.
    mutating func moved() { moves += 1 }

    /// The time may have come; `hasRecords` says whether the producer has any.
    ///
    /// - Returns: whether the topic is to be looked at.
    mutating func isOver(hasRecords: Bool, now: Uptime) -> Bool {
        guard case .running(let before, let end) = state, end <= now else { return false }
        let standsStill = hasRecords && moves == before
        state = standsStill ? .looking(moves: moves) : .idle
        return standsStill
    }

    /// A look has found the topic with so many partitions, or has found nothing out.
    ///
    /// - Returns: whether the producer is to be given up. Where the number before is not known, it is taken to have been
    ///   larger, once.
    mutating func looked(_ found: Int?, hasRecords: Bool) -> Bool {
        var standsStill = false
        if case .looking(let before) = state {
            standsStill = hasRecords && moves == before
            state = .idle
        }
        guard let found else { return false }
        // What is in the producer may still be meant for the larger number.
        if let partitions, found < partitions, hasRecords, !standsStill { return false }
        defer { partitions = found }
        return standsStill && partitions.map { found < $0 } ?? true
    }

    /// The producer is gone, and all that it had.
    mutating func producerFailed() {
        if case .running = state { state = .idle }
    }
}
