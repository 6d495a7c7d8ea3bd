internal import CKafka
internal import Dispatch

extension KafkaProducer {
    /// Prepares the first record to these topics: their partitions are known, and the leader of each partition is
    /// connected. Returns at once. It is optional: a failure at most delays that record.
    ///
    /// The leaders are asked for the ends of their partitions. So a connection in use is never idle, and one that a
    /// middlebox has forgotten is noticed before it is needed. Topics that the latest `partitionCount(of:)` did not
    /// report are ignored.
    ///
    /// - Parameters:
    ///   - topics: the topics to be written to.
    ///   - timeout: how long the leaders may take. While they do, further calls wait for these.
    public func connect(to topics: [String], timeout: Duration = .seconds(5)) {
        // A handle alone may create a topic that nobody has created.
        let handles = topics.filter { client.knownPartitionCount(of: $0) != nil }.compactMap { try? topic($0) }
        if !handles.isEmpty { client.connect(to: handles, timeout: timeout) }
    }
}

extension KafkaClient {
    /// Asks the leaders of all partitions of these topics for their ends, on a thread of its own.
    func connect(to topics: [KafkaTopic], timeout: Duration) {
        connecting.async { [self] in
            let counts = topics.map { topic in (topic.name, knownPartitionCount(of: topic.name) ?? 0) }
            let list = rd_kafka_topic_partition_list_new(Int32(clamping: counts.reduce(0) { $0 + $1.1 }))
            defer { rd_kafka_topic_partition_list_destroy(list) }
            for (name, count) in counts {
                for partition in 0..<Int32(clamping: count) {
                    // In place of a time, this stands for the end.
                    rd_kafka_topic_partition_list_add(list, name, partition).pointee.offset = Int64(RD_KAFKA_OFFSET_END)
                }
            }
            guard let list, list.pointee.cnt > 0 else { return }
            _ = rd_kafka_offsets_for_times(handle, list, timeout.milliseconds)
        }
    }
}
