internal import Runtime

/// How far the owner of a partition is behind its end: in records that it can read, and in records that it cannot read
/// yet.
///
/// The consumer reads committed records only (`isolation.level=read_committed`). At the first record of an open
/// transaction it is at its end, however many records follow. It reports each end that it reaches. A value; offsets are
/// Kafka's own.
struct IntakeLag: Equatable {
    /// The unread records.
    struct Measure: Equatable {
        /// Records that the owner can read now.
        var readable: Int64 = 0
        /// Records that an open transaction holds back.
        var heldBack: Int64 = 0
    }

    /// The end of the readable records at some time, while some of them are unread.
    private struct Waiting: Equatable {
        /// The end of the partition at that time.
        var end: Int64
        var since: Uptime
    }

    /// How long requests may wait before that counts as an obstacle, in milliseconds.
    static let patience: Int64 = 60_000

    /// As of the last measurement.
    private(set) var last = Measure()
    /// Unread records since some measurement; `nil` if nothing waits.
    private var waiting: Waiting?
    /// The end that the consumer reached last.
    private var end: Int64?
    /// The offset at which records were held back at the last measurement.
    private var suspect: Int64?

    /// Every readable record below `offset` has been read.
    mutating func endReached(at offset: Int64) {
        end = offset
    }

    /// Measures the lag.
    ///
    /// Records after an end are at first assumed to be on their way. They are held back if the owner has not moved by
    /// the next measurement.
    ///
    /// - Parameters:
    ///   - next: the offset to be read next.
    ///   - high: the offset that the next record of the partition will get.
    mutating func measure(next: Int64, high: Int64, now: Uptime) -> Measure {
        let rest = max(0, high - next)
        let isAtEnd = rest > 0 && end == next
        last = isAtEnd && suspect == next ? Measure(heldBack: rest) : Measure(readable: rest)
        suspect = isAtEnd ? next : nil
        if last.readable == 0 {
            waiting = nil
        } else if waiting.map({ $0.end <= next }) ?? true {
            waiting = Waiting(end: high, since: now)
        }
        return last
    }

    /// Whether requests have waited for long. A partition with a constant inflow always has unread records at a
    /// measurement; that does not count.
    func isBehind(now: Uptime) -> Bool {
        waiting.map { $0.since.advanced(byMilliseconds: Self.patience) <= now } ?? false
    }
}
