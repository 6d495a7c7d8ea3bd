/// How far the owner of a partition is behind its end, in records that it can read and in such as it cannot yet.
///
/// The consumer reads what is committed (`isolation.level=read_committed`): at the first record of an open transaction
/// it is at its end, however much lies behind. It tells of each end that it comes to. A value; offsets are Kafka's own.
struct IntakeLag: Equatable {
    /// What has not been read.
    struct Measure: Equatable {
        /// Records that the owner has still to read.
        var readable: Int64 = 0
        /// Records that an open transaction holds back.
        var heldBack: Int64 = 0
    }

    /// What could be read at some time, as long as it has not been.
    private struct Waiting: Equatable {
        /// The end of the partition then.
        var end: Int64
        var since: Uptime
    }

    /// How long requests may wait before that is an obstacle, in milliseconds.
    static let patience: Int64 = 60_000

    /// As of the last measurement.
    private(set) var last = Measure()
    /// Not all of it has been read; `nil` where nothing waits.
    private var waiting: Waiting?
    /// The end that the consumer came to last.
    private var end: Int64?
    /// Where something was held back at the last measurement.
    private var suspect: Int64?

    /// Every record below `offset` that can be read has been.
    mutating func endReached(at offset: Int64) {
        end = offset
    }

    /// Measures.
    ///
    /// What lies behind an end is on its way at first. It is held back if the owner has not come further by the next
    /// measurement.
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

    /// Whether requests have waited for long. A partition into which requests flow all the time has some to be read at each
    /// measurement; that is not it.
    func isBehind(now: Uptime) -> Bool {
        waiting.map { $0.since.advanced(byMilliseconds: Self.patience) <= now } ?? false
    }
}
