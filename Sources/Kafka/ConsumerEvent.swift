/// An event of a group consumer, besides records.
public enum ConsumerEvent: Sendable, Equatable {
    /// A rebalance has ended and these partitions are new here; in many cooperative rebalances there are none. None of
    /// them is read before `KafkaConsumer.assign(_:)` names it. Nothing waits for that call.
    case assigned([Int32])
    /// These partitions go to another member. They stay this member's, without new records, until
    /// `KafkaConsumer.completeRevocation(_:)` has named each of them. Other partitions are not affected.
    case revoked([Int32])
    /// These partitions were taken away and may already have another owner. They need no answer; a revocation that
    /// named any of them is void.
    case lost([Int32])
    /// Every record of the partition below `offset` has been handed out; comes again each time the end is reached.
    case reachedEnd(partition: Int32, offset: Int64)
    /// The log of these partitions may not be the one being read: it does not have the next offset, or the brokers do
    /// not know the topic. Records may stop coming until the partitions are given a start again
    /// (`KafkaConsumer.assign(_:)`).
    case logDoubted([Int32], KafkaError)
    /// The outcome of a commit for these partitions, with the offsets that were to be committed.
    case committed(KafkaError?, offsets: [Int32: Int64])
    /// A failure that librdkafka handles by itself, such as a broker that cannot be reached.
    case error(KafkaError)
    /// librdkafka's own statistics, every `statistics.interval.ms`.
    case statistics(KafkaStatistics)
    /// The consumer is unusable from now on and has to be recreated.
    case fatal(KafkaError)
}
