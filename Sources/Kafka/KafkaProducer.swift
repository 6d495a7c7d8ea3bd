internal import CKafka
public import Logging
internal import Synchronization

/// An idempotent producer: records of one partition are written once and in the order they were produced in, and
/// each gets exactly one delivery report.
///
/// Any thread may call `produce` and the other methods; one thread at a time calls `pollReports`.
///
/// A record never times out while brokers are out of reach (`message.timeout.ms` is 0 unless overridden); the queue
/// is bounded (`queue.buffering.max.messages`, `queue.buffering.max.kbytes`) and says so when it is full. A record
/// for a topic that does not exist is reported as unknown topic after `topic.metadata.propagation.max.ms` (30 s).
/// The producer asks brokers not to create topics; one that does not understand this (librdkafka's mock brokers) does
/// create them, so look first with `partitionCount(of:)`.
public final class KafkaProducer: Sendable {
    let client: KafkaClient
    private let logger: Logger
    /// Topic handles by name; emptied when full, since clients choose the names. Handles in use stay valid.
    private let topics = Mutex<[String: KafkaTopic]>([:])

    /// The most that can wait in it, over all topics.
    public let capacity: (records: Int, bytes: Int)

    private static let maxCachedTopics = 1_000

    private static let defaults: KafkaProperties = [
        "statistics.interval.ms": "15000",
        // As in Java clients, so that all producers agree on a key's partition.
        "partitioner": "murmur2_random",
        "linger.ms": "0",
        // The brokers decide how large a record may be. This is the highest limit that librdkafka accepts.
        "message.max.bytes": "1000000000",
        "message.timeout.ms": "0",
        // Bounds memory; KiB over all topics.
        "queue.buffering.max.messages": "100000",
        "queue.buffering.max.kbytes": "262144",
    ]

    private static let required: KafkaProperties = [
        "enable.idempotence": "true",
        "acks": "all",
        "delivery.report.only.error": "false",
        "allow.auto.create.topics": "false",
        "log.queue": "true",
    ]

    /// A producer.
    ///
    /// - Parameters:
    ///   - properties: at least `bootstrap.servers`. They override this module's defaults, save those that
    ///     correctness rests on (idempotence, all in-sync replicas, a report for each record, no topic creation).
    ///   - logger: takes librdkafka's log lines, on the thread that polls reports.
    /// - Throws: when a property is refused; `KafkaError.refusedProperty` names it.
    public init(properties: KafkaProperties, logger: Logger) throws(KafkaError) {
        self.logger = logger
        let configuration = try KafkaConfiguration(
            defaults: .connections.overridden(by: .idleLimit).overridden(by: Self.defaults),
            properties: properties,
            required: Self.required
        )
        configuration.withPointer { conf in
            rd_kafka_conf_set_events(
                conf,
                RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS
            )
        }
        client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_PRODUCER),
            callbackContext: nil,
            isDestroyedApart: true
        )
        capacity = (
            client.integer("queue.buffering.max.messages"), client.integer("queue.buffering.max.kbytes") * 1_024
        )
    }

    /// The handle of a topic, kept for the next caller.
    ///
    /// - Throws: when the name is not one a topic can have.
    public func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
        if let known = topics.withLock({ $0[name] }) { return known }
        let topic = try KafkaTopic(name: name, client: client)
        topics.withLock { topics in
            if topics.count >= Self.maxCachedTopics {
                topics.removeAll()
            }
            topics[name] = topic
        }
        return topic
    }

    // MARK: Producing

    /// Queues a record without waiting. Key, value and headers are copied.
    ///
    /// - Parameters:
    ///   - topic: a handle of this producer.
    ///   - partition: where it goes; `nil` lets the partitioner choose by key.
    ///   - key: `nil` for a null key.
    ///   - value: `nil` for a null value.
    ///   - timestampMilliseconds: the record's timestamp in epoch milliseconds; 0 stands for now.
    ///   - token: comes back in the delivery report.
    /// - Returns: `nil` when the record was taken: a report follows. Otherwise nothing was taken and no report follows;
    ///   `KafkaError.isQueueFull` identifies a full queue.
    public func produce(
        to topic: KafkaTopic,
        partition: Int32? = nil,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        timestampMilliseconds: Int64 = 0,
        token: UInt64
    ) -> KafkaError? {
        Self.error(enqueue(topic, partition, key, value, nil, timestampMilliseconds, token))
    }

    /// Queues a record with headers; see `produce(to:partition:key:value:timestampMilliseconds:token:)`. The headers
    /// are used up whatever the outcome.
    public func produce(
        to topic: KafkaTopic,
        partition: Int32? = nil,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        headers: consuming KafkaHeaders,
        timestampMilliseconds: Int64 = 0,
        token: UInt64
    ) -> KafkaError? {
        Self.error(headers.give { enqueue(topic, partition, key, value, $0, timestampMilliseconds, token) })
    }

    private func enqueue(
        _ topic: KafkaTopic,
        _ partition: Int32?,
        _ key: UnsafeRawBufferPointer?,
        _ value: UnsafeRawBufferPointer?,
        _ headers: OpaquePointer?,
        _ timestampMilliseconds: Int64,
        _ token: UInt64
    ) -> rd_kafka_resp_err_t {
        ckafka_produce(
            client.handle,
            topic.handle,
            partition ?? RD_KAFKA_PARTITION_UA,
            key.map { $0.baseAddress ?? ckafka_no_bytes() },
            key?.count ?? 0,
            value.map { $0.baseAddress ?? ckafka_no_bytes() },
            value?.count ?? 0,
            timestampMilliseconds,
            headers,
            token
        )
    }

    private static func error(_ code: rd_kafka_resp_err_t) -> KafkaError? {
        code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
    }

    // MARK: Reports

    /// Hands out every report that has arrived, without waiting, and passes log lines on.
    ///
    /// - Parameters:
    ///   - onReport: gets each report.
    ///   - onError: gets what librdkafka goes on from by itself, such as a broker that cannot be reached, and the fatal
    ///     error, which it does not go on from.
    ///   - onStatistics: gets librdkafka's own statistics, every `statistics.interval.ms`.
    public func pollReports(
        _ onReport: (DeliveryReport) -> Void,
        onError: (KafkaError) -> Void = { _ in },
        onStatistics: (KafkaStatistics) -> Void = { _ in }
    ) {
        while let event = rd_kafka_queue_poll(client.queue, 0) {
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) {
                    onReport(Self.report(message))
                }
            case RD_KAFKA_EVENT_ERROR:
                let code = rd_kafka_event_error(event)
                let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
                onError(client.fatalError ?? KafkaError(code, message: text))
            case RD_KAFKA_EVENT_LOG:
                writeLog(event)
            case RD_KAFKA_EVENT_STATS:
                if let json = rd_kafka_event_stats(event) {
                    onStatistics(KafkaStatistics(json: UnsafeRawBufferPointer(start: json, count: strlen(json))))
                }
            default:
                break
            }
            rd_kafka_event_destroy(event)
        }
    }

    private static func report(_ message: UnsafePointer<rd_kafka_message_t>) -> DeliveryReport {
        let code = message.pointee.err
        return DeliveryReport(
            token: ckafka_token(message),
            // Not `rd_kafka_message_errstr`: for a produced record it returns the payload as if it were a text.
            error: code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code),
            partition: message.pointee.partition,
            offset: message.pointee.offset,
            timestampMilliseconds: rd_kafka_message_timestamp(message, nil)
        )
    }

    private func writeLog(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard rd_kafka_event_log(event, &facility, &text, &level) == 0 else { return }
        KafkaLog.write(level: level, facility: facility, text: text, to: logger)
    }

    /// Makes `fileDescriptor`, an eventfd or a non-blocking pipe, readable when something arrives for `pollReports`.
    public func signal(fileDescriptor: Int32) {
        client.signal(fileDescriptor: fileDescriptor)
    }

    /// The error that made this producer unusable, if one has.
    public var fatalError: KafkaError? { client.fatalError }

    // MARK: Questions and ending

    /// The number of partitions of any topic; `nil` when it does not exist. Never creates it. Runs on a thread of its
    /// own and asks for the list of all topics, so ask once for each topic, not once for each record.
    public func partitionCount(
        of topic: String,
        timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> Int? {
        try await client.partitionCount(of: topic, timeout: timeout)
    }

    /// Gives up all records without report: each is reported with an error. A record in flight may have
    /// been written.
    public func purge() {
        rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }

    /// Gives up all records without report, and ends the signals. Wait for the reports of records that matter first.
    public func close() {
        client.endSignal()
        purge()
        topics.withLock { $0.removeAll() }
    }
}
