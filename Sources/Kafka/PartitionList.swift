internal import CKafka
internal import Glibc

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
        self.init(topic: topic, commits: offsets.mapValues { GroupOffset(offset: $0) })
    }

    /// A list of partitions with an offset and a text each.
    init(topic: String, commits: [Int32: GroupOffset]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(commits.count))
        for (partition, commit) in commits {
            let element = rd_kafka_topic_partition_list_add(pointer, topic, partition)!
            element.pointee.offset = commit.offset
            guard !commit.metadata.isEmpty else { continue }
            // The list frees it.
            element.pointee.metadata = UnsafeMutableRawPointer(strdup(commit.metadata))
            element.pointee.metadata_size = commit.metadata.utf8.count
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

extension rd_kafka_topic_partition_t {
    /// The group's commit; `nil` if there is none.
    var groupOffset: GroupOffset? {
        guard offset >= 0 else { return nil }
        let metadata = UnsafeRawBufferPointer(start: metadata, count: metadata_size)
        return GroupOffset(offset: offset, metadata: String(decoding: metadata, as: UTF8.self))
    }
}
