internal import ClockworkService
internal import Kafka

/// How far the owners of the intake's partitions have come at one time, beside the partitions' ends.
struct OwnerView: Sendable, Equatable {
    /// Of one partition.
    struct Partition: Sendable, Equatable {
        /// The offset behind its last record, Kafka's own; `nil` where it does not answer.
        var end: Int64?
        /// What its owner has committed, with the log it is of: everything below is settled, so the store shows it.
        /// `nil` where nothing is committed.
        var committed: LogOffset?
    }

    var partitions: [Int32: Partition]

    /// Whether the owner of a partition has come past `offset`, Kafka's own.
    ///
    /// One that is ahead of the partition's end is of a log that is no more.
    func isPast(_ offset: Int64, in partition: Int32) -> Bool {
        guard let partition = partitions[partition], let end = partition.end else { return false }
        let committed = partition.committed?.offset ?? 0
        return committed >= offset && committed <= end
    }
}

extension OwnerView {
    /// What the brokers say of the group.
    init(_ positions: [Int32: GroupPositions.Position]) {
        partitions = positions.mapValues { position in
            Partition(end: position.end, committed: position.committed.map(LogOffset.init(commit:)))
        }
    }
}
