internal import ClockworkService

/// Knows the commits that are of a log which is no more: they say nothing of the one that has its place, however far that
/// grows. A value.
///
/// A commit that was seen ahead of its partition's end is one. So is one that the group had made before the end was seen to
/// go back: the new log may have grown up to it by then.
struct ForeignCommits {
    private var known: [Int32: LogOffset] = [:]
    /// What the partitions were like when they were last seen.
    private var seen: [Int32: OwnerView.Partition] = [:]

    /// A view without what is known to be of another log. A foreign commit is one until there is another in its place.
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
        // Whoever settles the new log gives it a later generation.
        return before.committed.map { committed.generation <= $0.generation } ?? false
    }
}
