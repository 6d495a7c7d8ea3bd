internal import CKafka
internal import Synchronization

/// Answers questions about the records in a partition's log, beside the consumer of a group: on the consumer's
/// connections, a question would wait behind its fetches.
///
/// A client that has answered is kept for the next question. One that has not answered is dropped, and a new one asks.
/// From any thread.
public final class LogReader: Sendable {
    /// The content of a partition's log.
    public struct Log: Sendable, Equatable {
        /// The first offset that it still has.
        public var low: Int64
        /// The offset that its next record will get.
        public var high: Int64
        /// The requested record; `nil` when it is missing, or none was requested.
        public var record: RecordStamp?

        /// A log from its parts.
        public init(low: Int64, high: Int64, record: RecordStamp?) {
            self.low = low
            self.high = high
            self.record = record
        }
    }

    /// The record to look for in a log.
    public enum Place: Sendable, Equatable {
        /// The one at this offset.
        case record(at: Int64)
        /// The first readable one.
        case first

        fileprivate func start(_ log: Log) -> Int64? {
            switch self {
            case .record(let offset): log.low <= offset && offset < log.high ? offset : nil
            case .first: log.low < log.high ? log.low : nil
            }
        }

        /// Whether a record at this offset, found at or after the place, is the requested one.
        fileprivate func isMet(by offset: Int64) -> Bool {
            switch self {
            case .record(let wanted): wanted == offset
            case .first: true
            }
        }
    }

    private let topic: String
    private let properties: KafkaProperties
    /// The client that has no question at present.
    private let idleClient = Mutex<KafkaClient?>(nil)

    private static let required: KafkaProperties = [
        "enable.partition.eof": "true",
        "allow.auto.create.topics": "false",
        "auto.offset.reset": "error",
        // As the pod reads it: aborted records do not count.
        "isolation.level": "read_committed",
        // One record of a partition is wanted, quickly.
        "queued.min.messages": "1",
        "fetch.wait.max.ms": "10",
        "fetch.message.max.bytes": "65536",
        "fetch.error.backoff.ms": "50",
        "statistics.interval.ms": "0",
    ]

    /// A reader of this topic.
    ///
    /// - Parameters:
    ///   - topic: the topic.
    ///   - properties: those of a consumer of the topic.
    public init(topic: String, properties: KafkaProperties) {
        self.topic = topic
        self.properties = properties
    }

    /// The content of each partition's log.
    ///
    /// - Parameters:
    ///   - partitions: each with the place of a record to look for, if there is one.
    ///   - timeout: how long to wait for answers.
    /// - Returns: an answer for each partition; an error if there was none within `timeout`.
    /// - Throws: when no client can be created, when nothing was answered in that time, or when the task is cancelled.
    public func logs(
        of partitions: [Int32: Place?],
        timeout: Duration
    ) async throws(KafkaError) -> [Int32: Result<Log, KafkaError>] {
        guard !partitions.isEmpty else { return [:] }
        let deadline = ContinuousClock.now + timeout
        let idle = idleClient.withLock { $0.take() }
        let client = if let idle { idle } else { try makeClient() }
        let topic = topic
        // Some calls have no deadline, and some with a deadline are late.
        let logs = try await client.runBlocking(until: deadline + Self.grace) { client, answer in
            Self.look(for: partitions, topic: topic, client: client, until: deadline, answer)
        }
        let hasAnswered = logs.values.contains { if case .success = $0 { true } else { false } }
        if hasAnswered { idleClient.withLock { $0 = client } }
        return logs
    }

    private static let grace = Duration.seconds(1)
    /// How long one partition may take to report the bounds of its log.
    private static let patienceForOne = Duration.seconds(1)

    private func makeClient() throws(KafkaError) -> KafkaClient {
        let configuration = try KafkaConfiguration(properties: properties, required: Self.required)
        configuration.withPointer { conf in
            // The caller gets the errors; librdkafka need not log them as well.
            rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
            rd_kafka_conf_set_error_cb(conf) { _, _, _, _ in }
        }
        return KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: nil,
            isDestroyedApart: true
        )
    }

    private static func look(
        for partitions: [Int32: Place?],
        topic: String,
        client: KafkaClient,
        until deadline: ContinuousClock.Instant,
        _ answer: (Result<[Int32: Result<Log, KafkaError>], KafkaError>) -> Void
    ) {
        var logs: [Int32: Result<Log, KafkaError>] = [:]
        var wanted: [Int32: (place: Place, start: Int64)] = [:]
        // A partition without a leader must not use up the time of the others, nor the first partitions that of the
        // last.
        for (partition, place) in partitions.shuffled() {
            do throws(KafkaError) {
                let end = min(deadline, .now + patienceForOne)
                let (low, high) = try client.watermarks(topic: topic, partition: partition, until: end)
                let log = Log(low: low, high: high, record: nil)
                logs[partition] = .success(log)
                if let place, let start = place.start(log) { wanted[partition] = (place, start) }
            } catch {
                logs[partition] = .failure(error)
            }
        }
        withStamps(at: wanted, topic: topic, client: client, until: deadline) { stamps in
            for (partition, found) in stamps {
                logs[partition] = logs[partition].map { log in
                    log.flatMap { log in found.map { Log(low: log.low, high: log.high, record: $0) } }
                }
            }
            answer(.success(logs))
        }
    }

    /// Hands out the stamps of the records at these places, which all lie within their logs; `nil` if there is none.
    /// Reading is ended afterwards, since that waits for librdkafka's threads.
    private static func withStamps(
        at places: [Int32: (place: Place, start: Int64)],
        topic name: String,
        client: KafkaClient,
        until deadline: ContinuousClock.Instant,
        _ body: ([Int32: Result<RecordStamp?, KafkaError>]) -> Void
    ) {
        var found: [Int32: Result<RecordStamp?, KafkaError>] = places.mapValues { _ in .failure(.timedOut) }
        guard !places.isEmpty, let topic = rd_kafka_topic_new(client.handle, name, nil) else { return body(found) }
        defer { rd_kafka_topic_destroy(topic) }
        let queue = rd_kafka_queue_new(client.handle)
        defer { rd_kafka_queue_destroy(queue) }
        var open: Set<Int32> = []
        for (partition, wanted) in places
        where rd_kafka_consume_start_queue(topic, partition, wanted.start, queue) == 0 {
            open.insert(partition)
        }
        let started = open
        while !open.isEmpty, case let rest = deadline - .now, rest > .zero {
            guard let message = rd_kafka_consume_queue(queue, rest.milliseconds) else { continue }
            defer { rd_kafka_message_destroy(message) }
            let partition = message.pointee.partition
            guard let place = places[partition]?.place, open.contains(partition) else { continue }
            guard let answer = answer(message, at: place) else { continue }
            found[partition] = answer
            open.remove(partition)
        }
        body(found)
        for partition in started { rd_kafka_consume_stop(topic, partition) }
    }

    /// The answer that the first message at or after a place gives about the record there; `nil` if none.
    private static func answer(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>,
        at place: Place
    ) -> Result<RecordStamp?, KafkaError>? {
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return .success(place.isMet(by: message.pointee.offset) ? KafkaRecord(message).stamp : nil)
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return .success(nil)
        case let code:
            let error = KafkaError(code)
            return error.isRetriable ? nil : .failure(error)
        }
    }
}
