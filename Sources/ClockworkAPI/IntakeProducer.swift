internal import ClockworkService
internal import CoreMetrics
internal import Kafka
internal import Logging
internal import NIOCore
internal import Scheduling

/// Writes requests to the intake topic and tells their places once all in-sync replicas have them.
///
/// All of its state is used on its own event loop, which the producer's delivery reports wake. A batch crosses to the
/// loop and back once, whatever its size.
actor IntakeProducer {
    /// A request on its way into the intake.
    struct Record: Sendable {
        var key: String
        var value: ByteBuffer
        var headers: RecordHeaders
        /// Where it goes; `nil` lets the partitioner choose by key.
        var partition: Int32?
    }

    /// Where a record is.
    struct Place: Sendable, Equatable {
        var partition: Int32
        /// Kafka's own.
        var offset: Int64
    }

    /// Why a record has no place. One that timed out may have been written all the same.
    enum Failure: Error, Sendable, Equatable {
        /// Kafka does not answer.
        case unreachable
        /// The producer's queue is full.
        case overloaded
        /// The brokers refuse the record as too large.
        case tooLarge
        /// The brokers refuse it for good: there is no intake topic, or it may not be written to.
        case refused
    }

    /// Records that were asked for together.
    private final class Batch {
        var results: [Result<Place, Failure>]
        var missing: Int
        let deadline: Uptime
        let continuation: CheckedContinuation<[Result<Place, Failure>], Never>

        init(
            count: Int,
            deadline: Uptime,
            continuation: CheckedContinuation<[Result<Place, Failure>], Never>
        ) {
            // What has no report by the deadline stays unreachable.
            results = Array(repeating: .failure(.unreachable), count: count)
            missing = count
            self.deadline = deadline
            self.continuation = continuation
        }
    }

    /// The most records of one batch.
    static let maxBatch = 256
    /// The bits of a token that tell a record within its batch.
    private static let indexBits: UInt64 = 16
    /// The time between two looks for batches past their deadline, in milliseconds.
    private static let sweepInterval: Int64 = 250

    private nonisolated let loop = EventLoop()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let topicName: String
    private let properties: KafkaProperties
    private let patience: Int64
    private let logger: Logger
    private var metrics: KafkaClientMetrics
    private var producer: KafkaProducer
    private var topic: KafkaTopic
    private var batches: [UInt64: Batch] = [:]
    private var lastBatch: UInt64 = 0
    private var hasEnded = false

    /// A producer; nothing is written before `start`.
    ///
    /// - Parameter timeout: how long the brokers may take to acknowledge a record.
    init(
        topic: String,
        properties: KafkaProperties,
        timeout: Duration,
        metrics: any MetricsFactory,
        logger: Logger
    ) throws(KafkaError) {
        var properties = properties
        // Reports come up to a second after it, so it lies below the deadline of the batch.
        properties.set("message.timeout.ms", to: "\(max(timeout.wholeMilliseconds - 1_000, 500))")
        self.properties = properties
        self.logger = logger
        self.metrics = KafkaClientMetrics(.api, metrics)
        topicName = topic
        patience = timeout.wholeMilliseconds
        producer = try KafkaProducer(properties: properties, logger: logger.inCategory(.kafka))
        self.topic = try producer.topic(topic)
        producer.signal(fileDescriptor: loop.wakeDescriptor)
    }

    /// Starts the loop. `end` must follow.
    nonisolated func start() {
        loop.start { self.assumeIsolated { $0.turn() } }
    }

    /// Gives up what has no report yet and ends the loop.
    nonisolated func end() async {
        await giveUp()
        await BlockingCall.run(named: "clockwork-api") { self.loop.stop() }
    }

    /// Whether the brokers answer and have an intake topic.
    func hasIntake() async -> Bool {
        (try? await producer.partitionCount(of: topicName, timeout: .seconds(2))) != nil
    }

    /// Writes records in this order and waits for the brokers, at most for the timeout.
    ///
    /// - Parameter records: at most `maxBatch`.
    /// - Returns: a result for each record, in order.
    func write(_ records: [Record]) async -> [Result<Place, Failure>] {
        guard !records.isEmpty else { return [] }
        precondition(records.count <= Self.maxBatch)
        guard !hasEnded else { return records.map { _ in .failure(.unreachable) } }
        return await withCheckedContinuation { continuation in
            begin(records, continuation)
        }
    }

    private func begin(
        _ records: [Record],
        _ continuation: CheckedContinuation<[Result<Place, Failure>], Never>
    ) {
        lastBatch += 1
        let batch = Batch(
            count: records.count,
            deadline: Uptime.now().advanced(byMilliseconds: patience),
            continuation: continuation
        )
        if batches.isEmpty { setAlarm() }
        batches[lastBatch] = batch
        for (index, record) in records.enumerated() {
            var key = record.key
            let error = key.withUTF8 { key in
                record.value.withUnsafeReadableBytes { value in
                    let key = UnsafeRawBufferPointer(key)
                    let token = lastBatch << Self.indexBits | UInt64(index)
                    guard !record.headers.isEmpty else {
                        return producer.produce(
                            to: topic,
                            partition: record.partition,
                            key: key,
                            value: value,
                            token: token
                        )
                    }
                    var headers = KafkaHeaders()
                    record.headers.forEach { headers.append(name: $0, value: $1) }
                    return producer.produce(
                        to: topic,
                        partition: record.partition,
                        key: key,
                        value: value,
                        headers: headers,
                        token: token
                    )
                }
            }
            if let error { settle(lastBatch, index, .failure(Self.failure(error))) }
        }
    }

    private func settle(_ id: UInt64, _ index: Int, _ result: Result<Place, Failure>) {
        guard let batch = batches[id] else { return }
        batch.results[index] = result
        batch.missing -= 1
        guard batch.missing == 0 else { return }
        batches[id] = nil
        batch.continuation.resume(returning: batch.results)
    }

    private static func failure(_ error: KafkaError) -> Failure {
        if error.isQueueFull { return .overloaded }
        if error.isMessageTooLarge { return .tooLarge }
        return error.isUnknownTopic || error.isRecordRejected ? .refused : .unreachable
    }

    // MARK: The loop

    private func turn() {
        var fatal: KafkaError?
        var failed: (count: Int, last: KafkaError)?
        producer.pollReports { report in
            let result: Result<Place, Failure>
            if let error = report.error {
                failed = ((failed?.count ?? 0) + 1, error)
                result = .failure(Self.failure(error))
            } else {
                result = .success(Place(partition: report.partition, offset: report.offset))
            }
            settle(report.token >> Self.indexBits, Int(report.token & (1 << Self.indexBits - 1)), result)
        } onError: { error in
            if error.isFatal { fatal = error }
            logger.debug("intake producer", metadata: ["error": "\(error)"])
        } onStatistics: { statistics in
            metrics.publish(statistics)
        }
        if let failed {
            logger.warning(
                "requests were not written to the intake",
                metadata: ["topic": "\(topicName)", "requests": "\(failed.count)", "error": "\(failed.last)"]
            )
        }
        if let fatal { replaceProducer(fatal) }
        guard !batches.isEmpty else { return }
        let now = Uptime.now()
        sweep { $0.deadline <= now }
        if batches.isEmpty { loop.setAlarm(nil) } else { setAlarm() }
    }

    private func setAlarm() {
        loop.setAlarm(WallClock.now().advanced(byMilliseconds: Self.sweepInterval))
    }

    /// Answers the batches that `isOver` names with what is known of them.
    private func sweep(_ isOver: (Batch) -> Bool) {
        for (id, batch) in batches where isOver(batch) {
            batches[id] = nil
            batch.continuation.resume(returning: batch.results)
        }
    }

    private func replaceProducer(_ fatal: KafkaError) {
        logger.error("the intake producer is recreated", metadata: ["error": "\(fatal)"])
        sweep { _ in true }
        do throws(KafkaError) {
            let successor = try KafkaProducer(properties: properties, logger: logger.inCategory(.kafka))
            let topic = try successor.topic(topicName)
            producer.close()
            producer = successor
            self.topic = topic
            producer.signal(fileDescriptor: loop.wakeDescriptor)
        } catch {
            logger.error("the intake producer cannot be made", metadata: ["error": "\(error)"])
        }
    }

    private func giveUp() {
        hasEnded = true
        sweep { _ in true }
        producer.close()
    }
}
