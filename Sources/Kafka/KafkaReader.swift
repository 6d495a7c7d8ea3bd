internal import CKafka
public import Logging

/// Reads all partitions of one topic without a group, for tools and tests. Partitions added later are not seen.
///
/// One thread at a time uses it.
public final class KafkaReader {
    /// Where to start.
    public enum Start: Sendable, Equatable {
        /// At the first record the log still has.
        case beginning
        /// After the last record at the reader's creation: every record produced after `init` has returned is read.
        case end
        /// At the given offset of each partition; a partition without one is not read.
        case offsets([Int32: Int64])
    }

    /// The partitions that are read.
    public let partitions: [Int32]

    private let client: KafkaClient
    private let queue: OpaquePointer
    private let topic: OpaquePointer
    private let logging: ReaderLog
    private var behind: Set<Int32>

    private static let required: KafkaProperties = [
        "enable.partition.eof": "true",
        "allow.auto.create.topics": "false",
        "log.queue": "true",
    ]

    /// Starts to read. Blocks until the topic's partitions, and for `.end` their ends, are known.
    ///
    /// - Throws: an unknown topic; a timeout; a refused property.
    public init(
        topic name: String,
        from start: Start,
        properties: KafkaProperties,
        logger: Logger,
        timeout: Duration = .seconds(10)
    ) throws(KafkaError) {
        let deadline = ContinuousClock.now + timeout
        let logging = ReaderLog(logger: logger)
        let configuration = try KafkaConfiguration(properties: properties, required: Self.required)
        configuration.withPointer(logging.register)
        let client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: logging
        )
        guard let count = try client.listTopics(until: deadline).get()[name]?.get() else {
            throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        }
        var offsets: [Int32: Int64] = [:]
        for partition in 0..<Int32(count) {
            switch start {
            case .beginning: offsets[partition] = Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .end:
                offsets[partition] = try client.watermarks(topic: name, partition: partition, until: deadline).high
            case .offsets(let wanted): offsets[partition] = wanted[partition]
            }
        }
        guard let topic = rd_kafka_topic_new(client.handle, name, nil) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
        }
        self.client = client
        self.topic = topic
        self.logging = logging
        queue = rd_kafka_queue_new(client.handle)
        partitions = offsets.keys.sorted()
        behind = Set(partitions)
        for (partition, offset) in offsets {
            guard rd_kafka_consume_start_queue(topic, partition, offset, queue) == 0 else {
                throw KafkaError(rd_kafka_last_error())
            }
        }
    }

    deinit {
        for partition in partitions {
            rd_kafka_consume_stop(topic, partition)
        }
        rd_kafka_queue_destroy(queue)
        rd_kafka_topic_destroy(topic)
    }

    /// Whether every record that was there has been handed out, as far as the brokers have told.
    public var isAtEnd: Bool { behind.isEmpty }

    /// Waits up to `timeout` for a record or the end of a partition, then hands out everything that has arrived.
    ///
    /// - Returns: the number of records handed out, 0 when time ran out or only an end was reached.
    /// - Throws: errors that do not pass by themselves, such as an offset out of range or a missing right.
    @discardableResult
    public func poll(
        timeout: Duration,
        maxRecords: Int = 1_000,
        _ onRecord: (borrowing KafkaRecord) -> Void
    ) throws(KafkaError) -> Int {
        rd_kafka_poll(client.handle, 0)
        var wait = timeout.milliseconds
        var count = 0
        var failure: KafkaError?
        while count < maxRecords, failure == nil, let message = rd_kafka_consume_queue(queue, wait) {
            wait = 0
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                behind.insert(message.pointee.partition)
                count += 1
                onRecord(KafkaRecord(message))
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                behind.remove(message.pointee.partition)
            case let code:
                let error = KafkaError(code, message: rd_kafka_message_errstr(message).map { String(cString: $0) })
                failure = error.isRetriable ? nil : error
            }
            rd_kafka_message_destroy(message)
        }
        if let failure { throw failure }
        return count
    }
}

/// The destination of a reader's log lines; librdkafka calls it from `poll`.
private final class ReaderLog {
    let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func register(in conf: OpaquePointer) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let opaque = rd_kafka_opaque(client) else { return }
            let logger = Unmanaged<ReaderLog>.fromOpaque(opaque).takeUnretainedValue().logger
            KafkaLog.write(level: level, facility: facility, text: text, to: logger)
        }
        // Without it, librdkafka also logs the errors that it reports.
        rd_kafka_conf_set_error_cb(conf) { _, _, _, _ in }
    }
}
