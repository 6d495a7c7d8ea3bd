import CKafka
import Foundation

/// Questions to a cluster from outside: what a group has committed, where topics end. It joins nothing.
///
/// `@unchecked Sendable`: the handle may be used from any thread.
final class KafkaProbe: @unchecked Sendable {
    struct ProbeError: Error, CustomStringConvertible {
        let description: String

        init(_ code: rd_kafka_resp_err_t) {
            description = String(cString: rd_kafka_err2str(code))
        }

        init(_ description: String) {
            self.description = description
        }
    }

    private let handle: OpaquePointer
    private static let timeout: Int32 = 10_000

    init(brokers: String, group: String) throws {
        let configuration = rd_kafka_conf_new()
        for (name, value) in [("bootstrap.servers", brokers), ("group.id", group), ("log_level", "0")] {
            rd_kafka_conf_set(configuration, name, value, nil, 0)
        }
        guard let handle = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, nil, 0) else {
            throw ProbeError("no probe for \(brokers)")
        }
        self.handle = handle
    }

    deinit {
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// The group's next offset of each partition; 0 where nothing has been committed.
    func committed(_ topic: String, partitions: Int) throws -> [Int32: Int64] {
        let list = rd_kafka_topic_partition_list_new(Int32(partitions))!
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for partition in 0..<partitions { rd_kafka_topic_partition_list_add(list, topic, Int32(partition)) }
        try Self.check(rd_kafka_committed(handle, list, Self.timeout))
        var offsets: [Int32: Int64] = [:]
        for element in UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)) {
            try Self.check(element.err)
            offsets[element.partition] = max(0, element.offset)
        }
        return offsets
    }

    /// Behind the last record of each partition.
    func ends(_ topic: String, partitions: Int) throws -> [Int32: Int64] {
        var ends: [Int32: Int64] = [:]
        for partition in 0..<Int32(partitions) {
            var low: Int64 = 0
            var high: Int64 = 0
            try Self.check(rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, Self.timeout))
            ends[partition] = high
        }
        return ends
    }

    private static func check(_ code: rd_kafka_resp_err_t) throws {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw ProbeError(code) }
    }
}
