internal import CKafka
internal import Dispatch

extension KafkaProducer {
    /// Has ready what the first record to these topics would wait for: their partitions are known, and the leader of
    /// each partition is connected. Returns at once; a courtesy, whose failure shows at most in that record's delay.
    ///
    /// The leaders are asked for the ends of their partitions. So a connection that is used is not idle, and one that
    /// somebody on the way has forgotten shows before it is needed. Topics whose partitions were not told by the latest
    /// `partitionCount(of:)` are passed over.
    ///
    /// - Parameter timeout: how long the leaders may take. While they do, further calls wait for these.
    public func connect(to topics: [String], timeout: Duration = .seconds(5)) {
        // A handle alone may bring a topic into being that nobody has created.
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
                    // Where a time is asked for, this stands for the end.
                    rd_kafka_topic_partition_list_add(list, name, partition).pointee.offset = Int64(RD_KAFKA_OFFSET_END)
                }
            }
            guard let list, list.pointee.cnt > 0 else { return }
            _ = rd_kafka_offsets_for_times(handle, list, timeout.milliseconds)
        }
    }
}
