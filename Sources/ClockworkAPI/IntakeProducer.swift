internal import Bytes
internal import ClockworkService
internal import CoreMetrics
internal import Kafka
internal import Logging
internal import NIOCore
internal import Runtime
internal import Scheduling
internal import Synchronization

/// Writes requests to the intake topic, and reports the place of each once all in-sync replicas have it.
///
/// All of its state is used on its own event loop, which the producer's delivery reports wake. A batch crosses to the
/// loop and back once, whatever its size.
actor IntakeProducer {
    /// The most records of one batch.
    static let maxBatch = 256
    /// The time between two searches for batches past their deadline, in milliseconds.
    private static let sweepInterval: Int64 = 250
    /// The time between two checks whether an outage is over, in milliseconds.
    private static let obstacleInterval: Int64 = 1_000

    private nonisolated let loop = EventLoop()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let topicName: String
    private let properties: KafkaProperties
    private let patience: Int64
    private let logger: Logger
    private var metrics: KafkaClientMetrics
    /// `nil` after a producer was given up, until its successor has been made.
    private var writer: Writer?
    /// For records that were refused in a batch with others. Sent one by one, they show which of them is at fault. Made
    /// when first needed.
    private var aloneWriter: Writer?
    private var succession = ProducerSuccession(now: .now())
    private nonisolated let seenObstacle = Mutex<String?>(nil)
    private var batches: [UInt64: IntakeBatch] = [:]
    private var lastBatch: UInt64 = 0
    private var hasEnded = false

    /// A producer. It writes nothing before `start`.
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
        // Reports come up to a second after this timeout. So it ends before the deadline of the batch.
        properties.set("message.timeout.ms", to: "\(max(timeout.wholeMilliseconds - 1_000, 500))")
        self.properties = properties
        self.logger = logger
        self.metrics = KafkaClientMetrics(.api, metrics)
        topicName = topic
        patience = timeout.wholeMilliseconds
        writer = try Writer(topic, properties, wake: loop.wakeDescriptor, logger)
    }

    /// A producer, and its handle of the intake topic.
    private struct Writer {
        let producer: KafkaProducer
        let topic: KafkaTopic

        init(
            _ topic: String,
            _ properties: KafkaProperties,
            wake wakeDescriptor: Int32,
            _ logger: Logger
        ) throws(KafkaError) {
            producer = try KafkaProducer(properties: properties, logger: logger.inCategory(.kafka))
            self.topic = try producer.topic(topic)
            producer.signal(fileDescriptor: wakeDescriptor)
        }
    }

    /// The reason why nothing can be written, for operators; `nil` if no reason is known. From any thread.
    nonisolated var obstacle: String? { seenObstacle.withLock { $0 } }

    /// Starts the loop. `end` must follow.
    nonisolated func start() {
        loop.start { self.assumeIsolated { $0.turn() } }
    }

    /// Gives up the records without a report, and ends the loop.
    nonisolated func end() async {
        await giveUp()
        await BlockingCall.run(named: "clockwork-api") { self.loop.stop() }
    }

    /// Whether the brokers answer and have the intake topic.
    func hasIntake() async -> Bool {
        guard let producer = writer?.producer else { return false }
        return (try? await producer.partitionCount(of: topicName, timeout: .seconds(2))) != nil
    }

    /// Writes records in this order. Waits for the brokers until the timeout at most.
    ///
    /// - Parameter records: at most `maxBatch`.
    /// - Returns: a result for each record, in order.
    func write(_ records: [Record]) async -> [Result<Place, Failure>] {
        var results = await writeOnce(records)
        // A new partition may have an owner, and so pending schedules, before this producer knows of it. A look at the
        // topic's metadata makes it known.
        let unknown = records.indices.filter { results[$0] == .failure(.unknownPartition) }
        guard !unknown.isEmpty, await hasIntake() else { return results }
        for (index, result) in zip(unknown, await writeOnce(unknown.map { records[$0] })) { results[index] = result }
        return results
    }

    private func writeOnce(_ records: [Record]) async -> [Result<Place, Failure>] {
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
        if let reason = succession.obstacle(now: .now()), writer == nil {
            continuation.resume(returning: records.map { _ in .failure(.producerRefused(reason)) })
            return
        }
        lastBatch += 1
        let batch = IntakeBatch(
            records,
            deadline: Uptime.now().advanced(byMilliseconds: patience),
            continuation: continuation
        )
        batches[lastBatch] = batch
        if batches.count == 1 { setAlarm(.now()) }
        for index in records.indices { produce(batch, Token(batch: lastBatch, index: index)) }
    }

    /// Gives a record to the producer that its token names.
    private func produce(_ batch: IntakeBatch, _ token: Token) {
        let error: KafkaError?
        do throws(KafkaError) {
            error = try batch.records[token.index].produce(with: place(of: token), token: token.rawValue)
        } catch {
            return fail(token, of: batch, error)
        }
        guard let error else { return }
        // The error says only that the producer has failed. The producer itself knows why.
        fail(token, of: batch, error.isFatal ? writer?.producer.fatalError ?? error : error)
    }

    /// - Throws: if there is no producer.
    private func place(of token: Token) throws(KafkaError) -> (KafkaProducer, KafkaTopic) {
        guard let writer else { throw .closed }
        guard token.isAlone else { return (writer.producer, writer.topic) }
        if aloneWriter == nil {
            var properties = properties
            properties.set("batch.num.messages", to: "1")
            aloneWriter = try Writer(topicName, properties, wake: loop.wakeDescriptor, logger)
        }
        return aloneWriter.map { ($0.producer, $0.topic) } ?? (writer.producer, writer.topic)
    }

    /// A report has come. A record that was refused in a batch is sent again alone, because another record may have
    /// been the cause.
    private func reported(_ report: DeliveryReport) {
        let token = Token(rawValue: report.token)
        guard let error = report.error else {
            if succession.wrote() { logger.notice("requests are written again", metadata: ["topic": "\(topicName)"]) }
            return settle(token, .success(Place(partition: report.partition, offset: report.offset)))
        }
        guard let batch = batches[token.batch] else { return }
        let isRefused = error.meaning == .tooLarge || error.meaning == .recordRefused
        guard isRefused, !token.isAlone else { return fail(token, of: batch, error) }
        produce(batch, token.alone)
    }

    private func fail(_ token: Token, of batch: IntakeBatch, _ error: KafkaError) {
        let namesPartition = batch.records[token.index].partition != nil
        settle(token, .failure(error.isUnknownTopic && namesPartition ? .unknownPartition : Self.failure(error)))
    }

    private func settle(_ token: Token, _ result: Result<Place, Failure>) {
        guard let batch = batches[token.batch] else { return }
        batch.results[token.index] = result
        batch.missing -= 1
        guard batch.missing == 0 else { return }
        batches[token.batch] = nil
        batch.continuation.resume(returning: batch.results.compactMap { $0 })
    }

    /// The meaning of an error for a request that was to be written.
    static func failure(_ error: KafkaError) -> Failure {
        if error.isQueueFull { return .overloaded }
        return switch error.meaning {
        case .tooLarge: .tooLarge
        case .unknownTopic, .recordRefused, .topicRefuses: .refused
        case .clientRefused, .fatal: .producerRefused("\(error)")
        case .transient, .rebalance, .offsetGone, .other: .unreachable
        }
    }

    // MARK: The loop

    private func turn() {
        var failed: (count: Int, last: KafkaError)?
        for producer in [writer?.producer, aloneWriter?.producer].compactMap(\.self) {
            producer.pollReports { report in
                if let error = report.error { failed = ((failed?.count ?? 0) + 1, error) }
                reported(report)
            } onError: { error in
                logger.debug("intake producer", metadata: ["error": "\(error)"])
            } onStatistics: { statistics in
                metrics.publish(statistics)
            }
        }
        if let failed {
            logger.warning(
                "requests were not written to the intake",
                metadata: ["topic": "\(topicName)", "requests": "\(failed.count)", "error": "\(failed.last)"]
            )
        }
        let now = Uptime.now()
        if let fatal = writer?.producer.fatalError ?? aloneWriter?.producer.fatalError { giveUp(because: fatal, now) }
        if let time = succession.dueAt, time <= now { replaceProducer(now) }
        if !batches.isEmpty { sweep(.unreachable) { $0.deadline <= now } }
        seenObstacle.withLock { $0 = succession.obstacle(now: now) }
        setAlarm(now)
    }

    private func setAlarm(_ now: Uptime) {
        var pauses: [Int64] = []
        if !batches.isEmpty { pauses.append(Self.sweepInterval) }
        if let time = succession.dueAt { pauses.append(max(0, time.milliseconds - now.milliseconds)) }
        if succession.obstacle(now: now) != nil { pauses.append(Self.obstacleInterval) }
        loop.setAlarm(epochMilliseconds: pauses.min().map { WallClock.now().rawValue + $0 + 1 })
    }

    /// Answers the batches for which `isOver` is true. A record without a report gets `failure`.
    private func sweep(_ failure: Failure, _ isOver: (IntakeBatch) -> Bool) {
        for (id, batch) in batches where isOver(batch) {
            batches[id] = nil
            batch.continuation.resume(returning: batch.results.map { $0 ?? .failure(failure) })
        }
    }

    private func closeProducers() {
        writer?.producer.close()
        aloneWriter?.producer.close()
        writer = nil
        aloneWriter = nil
    }

    private func giveUp(because fatal: KafkaError, _ now: Uptime) {
        closeProducers()
        sweep(.producerRefused("\(fatal)")) { _ in true }
        if succession.failed("\(fatal)", now: now) {
            logger.error("the intake producer is recreated", metadata: ["error": "\(fatal)"])
        }
    }

    private func replaceProducer(_ now: Uptime) {
        guard !hasEnded else { return }
        do throws(KafkaError) {
            writer = try Writer(topicName, properties, wake: loop.wakeDescriptor, logger)
            succession.succeeded(now: now)
        } catch {
            if succession.failed("\(error)", now: now) {
                logger.error("the intake producer cannot be created", metadata: ["error": "\(error)"])
            }
        }
    }

    private func giveUp() {
        hasEnded = true
        sweep(.unreachable) { _ in true }
        closeProducers()
    }
}
