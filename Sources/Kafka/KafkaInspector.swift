internal import CKafka
internal import Synchronization

/// Looks at a cluster as a group member sees it, without joining, committing or writing anything. For tools.
///
/// Every call blocks until it is answered, for its timeout at most. Used by one thread at a time.
public final class KafkaInspector {
    /// The brokers' description of a topic.
    public struct Topic: Sendable, Equatable {
        /// How many partitions it has.
        public var partitions: Int
        /// The partitions that have no leader at present.
        public var leaderless: [Int32]
        /// The lowest number of replicas of any partition.
        public var replicas: Int
    }

    /// A topic's `cleanup.policy`.
    public struct CleanupPolicy: Sendable, Equatable {
        /// The brokers' text, such as `delete` or `compact,delete`.
        public let text: String

        init(_ text: String) {
            self.text = text
        }

        /// Whether records with a later one of the same key are removed.
        public var isCompacting: Bool {
            text.split(separator: ",").contains { $0.trimmingPrefix(while: \.isWhitespace).hasPrefix("compact") }
        }
    }

    private let client: KafkaClient
    private let faults: FaultNote

    /// A client that connects when first used.
    ///
    /// - Throws: when a property is refused (`KafkaError.refusedProperty` names it).
    public init(group: String, properties: KafkaProperties) throws(KafkaError) {
        let faults = FaultNote()
        let configuration = try KafkaConfiguration(
            properties: properties,
            required: ["group.id": group, "enable.auto.commit": "false", "allow.auto.create.topics": "false"]
        )
        configuration.withPointer(faults.register)
        client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: faults,
            isDestroyedApart: true
        )
        self.faults = faults
    }

    /// How many brokers the cluster has.
    ///
    /// - Throws: why none could be reached. If librdkafka knows more than a timeout, such as a refused connection or
    ///   password, that is thrown.
    public func brokerCount(timeout: Duration) throws(KafkaError) -> Int {
        try metadata(timeout) { Int($0.broker_cnt) }
    }

    /// The brokers' description of a topic; `nil` when there is none.
    ///
    /// - Throws: also when it may not be seen.
    public func topic(_ name: String, timeout: Duration) throws(KafkaError) -> Topic? {
        let found = try metadata(timeout) { list -> Result<Topic, KafkaError>? in
            for index in 0..<Int(list.topic_cnt) where String(cString: list.topics[index].topic) == name {
                let topic = list.topics[index]
                guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failure(KafkaError(topic.err)) }
                let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
                return .success(
                    Topic(
                        partitions: partitions.count,
                        leaderless: partitions.filter { $0.leader < 0 }.map(\.id),
                        replicas: partitions.map { Int($0.replica_cnt) }.min() ?? 0
                    )
                )
            }
            return nil
        }
        do {
            return try found?.get()
        } catch  where error.isUnknownTopic {
            return nil
        }
    }

    /// Asks for the group's commit in a partition, as a new member does first.
    ///
    /// - Throws: also when the group may not be used.
    public func checkGroup(topic: String, timeout: Duration) throws(KafkaError) {
        _ = try committedOffsets(topic: topic, partitions: 1, timeout: timeout)
    }

    /// The group's commits in partitions 0 to `partitions` - 1; `nil` if there is none.
    ///
    /// - Throws: also when the group may not be used.
    public func committedOffsets(
        topic: String,
        partitions: Int,
        timeout: Duration
    ) throws(KafkaError) -> [Int64?] {
        let list = PartitionList(topic: topic, partitions: 0..<Int32(clamping: partitions))
        return try list.withPointer { (list) throws(KafkaError) in
            let code = rd_kafka_committed(client.handle, list, timeout.milliseconds)
            for code in [code] + list.elements.map(\.err) where code != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw explained(KafkaError(code))
            }
            return list.elements.map { $0.offset >= 0 ? $0.offset : nil }
        }
    }

    /// The brokers' rule for the records of a topic: its `cleanup.policy`.
    ///
    /// - Throws: also when the user may not read it, or the brokers do not know the question (`isUnsupported`).
    public func cleanupPolicy(ofTopic name: String, timeout: Duration) throws(KafkaError) -> CleanupPolicy {
        let deadline = ContinuousClock.now + timeout
        // Any broker knows it; the controller, which would be asked by default, may be missing.
        guard let broker = try metadata(timeout, { $0.broker_cnt > 0 ? $0.brokers[0].id : nil }) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE)
        }
        guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let rest = deadline - .now
        var resources: OpaquePointer? = resource
        let answer: Result<CleanupPolicy, KafkaError>
        do throws(KafkaError) {
            answer = try client.administer(
                RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                timeout: rest,
                patience: rest,
                broker: broker
            ) { options, queue in
                rd_kafka_DescribeConfigs(client.handle, &resources, 1, options, queue)
            } read: { (event) throws(KafkaError) in
                Self.cleanupPolicy(in: event)
            }
        } catch {
            throw explained(error)
        }
        return try answer.get()
    }

    private static func cleanupPolicy(in event: OpaquePointer) -> Result<CleanupPolicy, KafkaError> {
        var count = 0
        let results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
        guard count == 1, let result = results?[0] else { return .failure(KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG)) }
        guard rd_kafka_ConfigResource_error(result) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return .failure(KafkaError(rd_kafka_ConfigResource_error(result)))
        }
        let entries = UnsafeBufferPointer(start: rd_kafka_ConfigResource_configs(result, &count), count: count)
        for entry in entries where String(cString: rd_kafka_ConfigEntry_name(entry)) == "cleanup.policy" {
            return .success(CleanupPolicy(rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) } ?? ""))
        }
        return .failure(KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG, message: "the topic has no cleanup.policy"))
    }

    private func metadata<Value>(
        _ timeout: Duration,
        _ read: (rd_kafka_metadata) -> Value
    ) throws(KafkaError) -> Value {
        var list: UnsafePointer<rd_kafka_metadata>?
        // Lists all topics: asking for a topic by name may create it.
        let code = rd_kafka_metadata(client.handle, 1, nil, &list, timeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { throw explained(KafkaError(code)) }
        defer { rd_kafka_metadata_destroy(list) }
        return read(list.pointee)
    }

    /// A timeout is seldom all that is known.
    private func explained(_ error: KafkaError) -> KafkaError {
        while let message = rd_kafka_consume_queue(client.queue, 0) { rd_kafka_message_destroy(message) }
        return error.isRetriable ? faults.first ?? error : error
    }
}

/// The first fault that librdkafka reports, noted by the polling thread.
private final class FaultNote: Sendable {
    private let note = Mutex<KafkaError?>(nil)

    var first: KafkaError? { note.withLock { $0 } }

    func register(in conf: OpaquePointer) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        rd_kafka_conf_set_error_cb(conf) { _, code, reason, opaque in
            guard let opaque, code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue else { return }
            let error = KafkaError(code: code, message: reason.map { String(cString: $0) })
            let faults = Unmanaged<FaultNote>.fromOpaque(opaque).takeUnretainedValue()
            faults.note.withLock { $0 = $0 ?? error }
        }
    }
}
