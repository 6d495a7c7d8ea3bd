internal import CKafka
internal import Synchronization

/// The positions of a group in a topic: the end of each partition, and the group's commit.
///
/// The questions go over a separate client, which joins no group and fetches nothing, so no question waits behind a
/// fetch. May be used from any thread; simultaneous questions are asked one after another.
public final class GroupPositions: Sendable {
    /// The position in one partition. All offsets are Kafka's own.
    public struct Position: Sendable, Equatable {
        /// The offset after the last record; `nil` if the partition does not answer.
        public var end: Int64?
        /// The group's commit; `nil` if there is none.
        public var committed: GroupOffset?

        /// A position from its parts.
        public init(end: Int64?, committed: GroupOffset?) {
            self.end = end
            self.committed = committed
        }
    }

    private struct Count {
        var value: Int
        var askedAt: ContinuousClock.Instant
    }

    private let topic: String
    private let client: KafkaClient
    private let count = Mutex<Count?>(nil)

    /// How long one partition may take when it is asked separately.
    private static let patienceForOne = Duration.milliseconds(50)
    /// How long the number of partitions counts as unchanged.
    private static let countAge = Duration.seconds(10)

    private static let required: KafkaProperties = [
        "enable.auto.commit": "false",
        "allow.auto.create.topics": "false",
        // A request behind an open transaction is in the log as well.
        "isolation.level": "read_uncommitted",
        // Nobody polls it.
        "statistics.interval.ms": "0",
    ]

    /// Connects when first used.
    ///
    /// - Parameters:
    ///   - topic: the topic that the group reads.
    ///   - group: the group's id.
    ///   - properties: at least `bootstrap.servers`.
    /// - Throws: when a property is refused (`KafkaError.refusedProperty` names it).
    public init(topic: String, group: String, properties: KafkaProperties) throws(KafkaError) {
        self.topic = topic
        var required = Self.required
        required.set("group.id", to: group)
        let configuration = try KafkaConfiguration(
            defaults: .connections.overridden(by: .idleLimit),
            properties: properties,
            required: required
        )
        // The caller gets the errors; librdkafka need not log them as well.
        configuration.withPointer { rd_kafka_conf_set_log_cb($0) { _, _, _, _ in } }
        client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: nil,
            isDestroyedApart: true
        )
    }

    /// The positions of all partitions. The commits are asked for first and the ends second, so no commit is ahead of
    /// the end of its own log. A partition added within the last seconds may be missing.
    ///
    /// - Throws: if there is no such topic, or no answer within `timeout`.
    public func positions(timeout: Duration) async throws(KafkaError) -> [Int32: Position] {
        let deadline = ContinuousClock.now + timeout
        let partitions = 0..<Int32(clamping: try await partitionCount(timeout: timeout))
        let topic = topic
        return try await client.runBlocking { client in
            Result { () throws(KafkaError) in try Self.positions(partitions, topic, client, until: deadline) }
        }
    }

    private func partitionCount(timeout: Duration) async throws(KafkaError) -> Int {
        if let known = count.withLock({ $0 }), .now - known.askedAt < Self.countAge { return known.value }
        let askedAt = ContinuousClock.now
        guard let value = try await client.partitionCount(of: topic, timeout: timeout), value > 0 else {
            throw .unknownTopic
        }
        count.withLock { $0 = Count(value: value, askedAt: askedAt) }
        return value
    }

    private static func positions(
        _ partitions: Range<Int32>,
        _ topic: String,
        _ client: KafkaClient,
        until deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> [Int32: Position] {
        let unknown = partitions.map { ($0, Position(end: nil, committed: nil)) }
        var positions = Dictionary(uniqueKeysWithValues: unknown)
        try ask(PartitionList(topic: topic, partitions: partitions), until: deadline) { list, timeout in
            rd_kafka_committed(client.handle, list, timeout)
        } answer: {
            positions[$0.partition]?.committed = $0.groupOffset
        }
        // In the place of a time: the end of the partition.
        let latest = Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(RD_KAFKA_OFFSET_END)) })
        do throws(KafkaError) {
            // One partition without a leader spoils the answer for all.
            let half = ContinuousClock.now + (deadline - .now) / 2
            try ask(PartitionList(topic: topic, offsets: latest), until: half) { list, timeout in
                rd_kafka_offsets_for_times(client.handle, list, timeout)
            } answer: {
                if $0.offset >= 0 { positions[$0.partition]?.end = $0.offset }
            }
        } catch {
            for partition in partitions {
                let end = min(deadline, .now + Self.patienceForOne)
                positions[partition]?.end = try? client.watermarks(topic: topic, partition: partition, until: end).high
            }
        }
        return positions
    }

    private static func ask(
        _ list: borrowing PartitionList,
        until deadline: ContinuousClock.Instant,
        _ call: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, Int32) -> rd_kafka_resp_err_t,
        answer: (rd_kafka_topic_partition_t) -> Void
    ) throws(KafkaError) {
        let rest = deadline - .now
        guard rest > .zero else { throw .timedOut }
        try list.withPointer { (list) throws(KafkaError) in
            let code = call(list, rest.milliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
            for element in list.elements where element.err == RD_KAFKA_RESP_ERR_NO_ERROR { answer(element) }
        }
    }
}
