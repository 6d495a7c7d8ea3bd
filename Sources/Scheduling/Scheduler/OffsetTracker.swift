import DequeModule

/// Which intake offsets of a partition are settled, and how far they may be committed (design rule "Settled").
///
/// Offsets are read in increasing order, with gaps where the log has been compacted or holds transaction markers.
/// Reading, settling in order and committing are O(1); settling out of order costs a binary search at most.
struct OffsetTracker {
    private struct Slot {
        var offset: Int64
        var isSettled: Bool
    }

    /// Offsets read and not yet passed by `committable`, in order; the first one is unsettled.
    private var slots: Deque<Slot> = []
    /// The offset behind the last one read or skipped.
    private(set) var next: Int64
    /// The number of offsets read and not settled.
    private(set) var unsettledCount = 0

    /// The number of offsets read and not passed by `committable`, settled or not.
    var uncommittedCount: Int { slots.count }

    init(next: Int64) {
        self.next = next
    }

    /// The lowest unsettled offset, or the one to be read next: everything below it is settled.
    var committable: Int64 { slots.first?.offset ?? next }

    /// Notes that `offset` was read.
    ///
    /// - Returns: `false` when it has been read before and is to be ignored.
    mutating func read(_ offset: Int64) -> Bool {
        guard offset >= next else { return false }
        slots.append(Slot(offset: offset, isSettled: false))
        unsettledCount += 1
        next = offset + 1
        return true
    }

    /// Notes that no request lies between the last one read and `offset`, only transaction markers or records removed
    /// by compaction. So an idle partition is committed up to its end.
    mutating func skip(to offset: Int64) {
        next = max(next, offset)
    }

    /// Notes that `offset`, read before, is settled.
    mutating func settle(_ offset: Int64) {
        guard let index = find(offset) else { preconditionFailure("offset \(offset) settled but not outstanding") }
        precondition(!slots[index].isSettled, "offset \(offset) settled twice")
        slots[index].isSettled = true
        unsettledCount -= 1
        while let first = slots.first, first.isSettled {
            slots.removeFirst()
        }
    }

    /// Whether `offset` has been read and is not settled.
    func isUnsettled(_ offset: Int64) -> Bool {
        guard let index = find(offset) else { return false }
        return !slots[index].isSettled
    }

    private func find(_ offset: Int64) -> Int? {
        guard let first = slots.first, offset >= first.offset else { return nil }
        // Without gaps, the offset is at its index from the first; with gaps, it lies below that index.
        var low = 0
        var high = Int(min(offset - first.offset, Int64(slots.count - 1)))
        if slots[high].offset == offset { return high }
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return slots[low].offset == offset ? low : nil
    }
}
