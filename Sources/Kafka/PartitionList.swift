internal import CKafka

/// Owns an `rd_kafka_topic_partition_list_t` of one topic.
struct PartitionList: ~Copyable {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// A list of partitions without offsets.
    init(topic: String, partitions: some Collection<Int32>) {
        pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        for partition in partitions {
            rd_kafka_topic_partition_list_add(pointer, topic, partition)
        }
    }

    /// A list of partitions with an offset each.
    init(topic: String, offsets: [Int32: Int64]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets {
            rd_kafka_topic_partition_list_add(pointer, topic, partition).pointee.offset = offset
        }
    }

    /// Lends the pointer. A property could outlive a temporary list; a closure cannot.
    borrowing func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(pointer)
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }
}

extension UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    /// The elements of a list.
    var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointee.elems, count: Int(pointee.cnt))
    }
}
