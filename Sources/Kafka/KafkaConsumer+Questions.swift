internal import CKafka

/// A consumer's questions to its group, from any thread.
extension KafkaConsumer {
    /// The group's commits; a partition without one is left out. Runs on a thread of its own.
    public func committedOffsets(
        of partitions: [Int32],
        timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [Int32: GroupOffset] {
        guard !partitions.isEmpty else { return [:] }
        let deadline = ContinuousClock.now + timeout
        let topic = topic
        return try await client.runBlocking { client in
            Result { () throws(KafkaError) in
                let rest = deadline - .now
                guard rest > .zero else { throw .timedOut }
                return try PartitionList(topic: topic, partitions: partitions).withPointer {
                    (list) throws(KafkaError) in
                    try Self.check(rd_kafka_committed(client.handle, list, rest.milliseconds))
                    var offsets: [Int32: GroupOffset] = [:]
                    for element in list.elements {
                        try Self.check(element.err)
                        offsets[element.partition] = element.groupOffset
                    }
                    return offsets
                }
            }
        }
    }
}
