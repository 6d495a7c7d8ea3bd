/// What a group consumer tells besides records.
public enum ConsumerEvent: Sendable, Equatable {
    /// A rebalance has ended and these partitions are new here, none in many cooperative rebalances. None of them is
    /// read before `KafkaConsumer.assign(_:)` names it, for which nobody waits.
    case assigned([Int32])
    /// These partitions go to another member. They stay this member's, without new records, until
    /// `KafkaConsumer.completeRevocation(_:)` has named each of them. Partitions not named here are not touched.
    case revoked([Int32])
    /// These partitions were taken away and may have another owner already. Nothing is to be answered; a revocation
    /// that named any of them is void.
    case lost([Int32])
    /// Every record of the partition below `offset` has been handed out; comes again each time the end is reached.
    case reachedEnd(partition: Int32, offset: Int64)
    /// The log of these partitions is perhaps not the one that was being read: it does not have the offset that is to
    /// be read next, or the brokers do not know the topic. Records may come no more until the partitions are given a
    /// start again (`KafkaConsumer.assign(_:)`).
    case logDoubted([Int32], KafkaError)
    /// The outcome of a commit for these partitions; the offsets are those that were to be committed.
    case committed(KafkaError?, offsets: [Int32: Int64])
    /// Something librdkafka goes on from by itself, such as a broker that cannot be reached.
    case error(KafkaError)
    /// What librdkafka says of itself, every `statistics.interval.ms`.
    case statistics(KafkaStatistics)
    /// The consumer is unusable from now on and has to be recreated.
    case fatal(KafkaError)
}
