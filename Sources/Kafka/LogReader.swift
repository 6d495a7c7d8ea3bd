internal import CKafka
internal import Synchronization

/// Answers which records the log of a partition has, beside the consumer of a group: a question that went through the
/// consumer's connections would wait behind its fetches.
///
/// A client that has answered is kept for the next question; one that has not is dropped, and a new one asks. From any
/// thread.
public final class LogReader: Sendable {
    /// What a partition's log holds.
    public struct Log: Sendable, Equatable {
        /// The first offset that it still has.
        public var low: Int64
        /// The offset that its next record will get.
        public var high: Int64
        /// The record that was asked for; `nil` when it is not there, or none was asked for.
        public var record: RecordStamp?

        /// A log from its parts.
        public init(low: Int64, high: Int64, record: RecordStamp?) {
            self.low = low
            self.high = high
            self.record = record
        }
    }

    /// Which record of a log is looked for.
    public enum Place: Sendable, Equatable {
        /// The one at this offset.
        case record(at: Int64)
        /// The first that can be read.
        case first

        fileprivate func start(_ log: Log) -> Int64? {
            switch self {
            case .record(let offset): log.low <= offset && offset < log.high ? offset : nil
            case .first: log.low < log.high ? log.low : nil
            }
        }

        /// Whether a record, at this offset or the first behind it, is the one.
        fileprivate func isMet(by offset: Int64) -> Bool {
            switch self {
            case .record(let wanted): wanted == offset
            case .first: true
            }
        }
    }

    private let topic: String
    private let properties: KafkaProperties
    /// The client that has no question just now.
    private let idleClient = Mutex<KafkaClient?>(nil)

    private static let required: KafkaProperties = [
        "enable.partition.eof": "true",
        "allow.auto.create.topics": "false",
        "auto.offset.reset": "error",
        // As the pod reads it: what is aborted is not there.
        "isolation.level": "read_committed",
        // One record of a partition is wanted, and soon.
        "queued.min.messages": "1",
        "fetch.wait.max.ms": "10",
        "fetch.message.max.bytes": "65536",
        "fetch.error.backoff.ms": "50",
        "statistics.interval.ms": "0",
    ]

    /// A reader of this topic.
    ///
    /// - Parameter properties: as a consumer of the topic has them.
    public init(topic: String, properties: KafkaProperties) {
        self.topic = topic
        self.properties = properties
    }

    /// What the log of each partition holds.
    ///
    /// - Parameter partitions: each with the place of a record that is to be looked for, if there is one.
    /// - Returns: an answer for each partition; an error where there was none within `timeout`.
    /// - Throws: when no client can be made, when nothing was answered for so long, or when the task is cancelled.
    public func logs(
        of partitions: [Int32: Place?],
        timeout: Duration
    ) async throws(KafkaError) -> [Int32: Result<Log, KafkaError>] {
        guard !partitions.isEmpty else { return [:] }
        let deadline = ContinuousClock.now + timeout
        let idle = idleClient.withLock { $0.take() }
        let client = if let idle { idle } else { try makeClient() }
        let topic = topic
        // Some calls have no deadline, and some of those that have it are late.
        let logs = try await client.runBlocking(until: deadline + Self.grace) { client, answer in
            Self.look(for: partitions, topic: topic, client: client, until: deadline, answer)
        }
        let hasAnswered = logs.values.contains { if case .success = $0 { true } else { false } }
        if hasAnswered { idleClient.withLock { $0 = client } }
        return logs
    }

    private static let grace = Duration.seconds(1)
    /// How long one partition may take to say where its log begins and ends.
    private static let patienceForOne = Duration.seconds(1)

    private func makeClient() throws(KafkaError) -> KafkaClient {
        let configuration = try KafkaConfiguration(properties: properties, required: Self.required)
        configuration.withPointer { conf in
            // Whoever asks hears of errors; librdkafka need not log them as well.
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
        // One without a leader must not use up the time of the others, nor those that come first that of the last.
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

    /// Hands out the stamps of the records at these places, `nil` where none is; all of them lie within their logs.
    /// What is to be ended is ended after that: it waits for librdkafka's threads.
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

    /// What the first message at or behind a place says about the record at it; `nil` when it says nothing.
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
