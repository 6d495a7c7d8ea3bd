internal import ClockworkService

/// Recognises commits that belong to an earlier log of a partition. They say nothing about the present log, even once
/// it has grown past them. A value.
///
/// A commit is foreign if it was seen beyond the end of its partition. It is also foreign if the group had made it
/// before the end was seen to go back, because the new log may have grown past it by then.
struct ForeignCommits {
    private var known: [Int32: LogOffset] = [:]
    /// The state of each partition when it was last seen.
    private var seen: [Int32: OwnerView.Partition] = [:]

    /// The view without foreign commits. A commit stays foreign until another one replaces it.
    mutating func without(_ view: OwnerView) -> OwnerView {
        var view = view
        for (partition, state) in view.partitions {
            if let committed = state.committed, isForeign(committed, state, in: partition) {
                known[partition] = committed
            }
            if let end = state.end { seen[partition] = OwnerView.Partition(end: end, committed: state.committed) }
            guard let foreign = known[partition] else { continue }
            if foreign == state.committed {
                view.partitions[partition]?.committed = nil
            } else {
                known[partition] = nil
            }
        }
        return view
    }

    private func isForeign(_ committed: LogOffset, _ state: OwnerView.Partition, in partition: Int32) -> Bool {
        guard let end = state.end else { return false }
        if committed.offset > end { return true }
        guard let before = seen[partition], let endBefore = before.end, end < endBefore else { return false }
        // The pod that settles the new log gives it a later generation.
        return before.committed.map { committed.generation <= $0.generation } ?? false
    }
}
