internal import ClockworkService
internal import Kafka

/// How far the owners of the intake's partitions had come at one time, and the ends of the partitions.
struct OwnerView: Sendable, Equatable {
    /// The state of one partition.
    struct Partition: Sendable, Equatable {
        /// Kafka's own offset after the last record; `nil` if the partition does not answer.
        var end: Int64?
        /// The commit of the owner, with the log that it belongs to; `nil` if there is none. Everything below it is
        /// settled, so the store shows it.
        var committed: LogOffset?
    }

    var partitions: [Int32: Partition]

    /// Whether the owner of a partition has come past `offset`, which is Kafka's own.
    ///
    /// A commit beyond the partition's end belongs to an earlier log, so it does not count.
    func isPast(_ offset: Int64, in partition: Int32) -> Bool {
        guard let partition = partitions[partition], let end = partition.end else { return false }
        let committed = partition.committed?.offset ?? 0
        return committed >= offset && committed <= end
    }
}

extension OwnerView {
    /// A view of the positions that the brokers report for the group.
    init(_ positions: [Int32: GroupPositions.Position]) {
        partitions = positions.mapValues { position in
            Partition(end: position.end, committed: position.committed.map(LogOffset.init(commit:)))
        }
    }
}
