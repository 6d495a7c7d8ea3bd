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

    /// As of the last measurement.
    private(set) var last = Measure()
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
    mutating func measure(next: Int64, high: Int64) -> Measure {
        let rest = max(0, high - next)
        let isAtEnd = rest > 0 && end == next
        last = isAtEnd && suspect == next ? Measure(heldBack: rest) : Measure(readable: rest)
        suspect = isAtEnd ? next : nil
        return last
    }
}
