internal import Bytes

/// The state of an intake partition, according to its owner's latest progress record.
public struct PartitionReport: Hashable, Sendable {
    /// The intake partition.
    public let partition: Int32
    /// The name of the owning pod; `nil` if no pod has owned the partition yet.
    public let owner: String?
    /// The group generation in which the partition was assigned to the owner.
    public let epoch: Int64?
    /// The schedule time of the latest delivery, in epoch milliseconds; `nil` before the first one.
    public let executedUpToMilliseconds: Int64?
    /// The number of schedules in the owner's memory. More may be pending in the store.
    public let pendingResident: Int64?
    /// The intake offset to be read next after a restart; `nil` before the first commit.
    public let committedOffset: Int64?
    /// The log that this offset belongs to: 0 for the first, and one more for each log of a recreated topic or of
    /// another cluster. `nil` if the service does not say.
    public let generation: Int64?
    /// When the owner wrote this, in epoch milliseconds.
    public let updatedAtMilliseconds: Int64?

    init?(_ json: JSONValue) {
        guard let partition = json["partition"]?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
        self.partition = partition
        owner = json["owner"]?.text
        epoch = json["epoch"]?.integer
        executedUpToMilliseconds = json["executedUpTo"]?.integer
        pendingResident = json["pendingResident"]?.integer
        committedOffset = json["committedOffset"]?.integer
        generation = json["generation"]?.integer
        updatedAtMilliseconds = json["updatedAt"]?.integer
    }

    /// The report as a JSON object. It has only the members that are known.
    public var json: String {
        JSONWriter.objectText { json in
            json.member("partition", Int64(partition))
            json.member("owner", owner)
            json.member("epoch", epoch)
            json.member("executedUpTo", executedUpToMilliseconds)
            json.member("pendingResident", pendingResident)
            json.member("committedOffset", committedOffset)
            json.member("generation", generation)
            json.member("updatedAt", updatedAtMilliseconds)
        }
    }
}
