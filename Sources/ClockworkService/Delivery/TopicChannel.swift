internal import Kafka
internal import Logging
internal import PrometheusMetrics
internal import Runtime
internal import Scheduling

/// Delivers to topics through an idempotent producer, and writes dead letters.
///
/// Belongs to the pod and is used on its event loop only. `DeliveryQueues` decides which records wait, for what, and in
/// which order; this class performs its actions. Topic checks are slow, so the pod runs them elsewhere: see
/// `takeWantedChecks`.
final class TopicChannel: DeliveryChannel {
    let deliveredHeaders: DeliveredHeaders
    let logger: Logger
    private let makeProducer: (OutgoingRecord.Attempt) throws(KafkaError) -> KafkaProducer

    private var queues: DeliveryQueues<KafkaTopic>
    /// `nil` while no successor of a given-up producer can be created.
    private var producer: KafkaProducer?
    /// For records that travel alone: one by one, it shows which of them are too large. Created when first needed.
    private var aloneProducer: KafkaProducer?

    /// Topics of coming deliveries.
    private var expected = ExpectedTopics()
    /// Topics to be checked.
    private var wantedChecks: [String] = []
    private var outcome = DeliveryOutcome()
    var metrics: DeliveryMetrics
    private var clientMetrics: KafkaClientMetrics

    /// A channel without owners.
    ///
    /// - Parameters:
    ///   - policy: the topics that deliveries may go to, whenever they were requested.
    ///   - wakeDescriptor: becomes readable when `takeOutcome` has something to do.
    /// - Throws: when Kafka refuses a property.
    init(
        properties: KafkaProperties,
        deadLetterTopic: String,
        policy: TopicPolicy,
        deliveredHeaders: DeliveredHeaders,
        wakeDescriptor: Int32,
        metrics: MetricsRegistry,
        logger: Logger
    ) throws(KafkaError) {
        self.deliveredHeaders = deliveredHeaders
        self.metrics = DeliveryMetrics(metrics)
        clientMetrics = KafkaClientMetrics(.producer, metrics)
        self.logger = logger
        makeProducer = { (attempt) throws(KafkaError) in
            var properties = properties
            if attempt == .alone { properties.set("batch.num.messages", to: "1") }
            let producer = try KafkaProducer(properties: properties, logger: logger.inCategory(.kafka))
            producer.signal(fileDescriptor: wakeDescriptor)
            return producer
        }
        let producer = try makeProducer(.together)
        self.producer = producer
        queues = DeliveryQueues(
            deadLetterTopic: deadLetterTopic,
            policy: policy,
            capacity: ProducerCapacity(records: producer.capacity.records, bytes: producer.capacity.bytes),
            now: .now()
        )
    }

    // MARK: Owners

    func begin(owner: UInt32) {
        queues.ownerBegan(owner)
    }

    /// Nothing is handed back: records waiting for a topic are begun as soon as there is room, and the drain waits for
    /// them.
    func drain(owner: UInt32, now: Moment) {}

    func end(owner: UInt32) {
        queues.ownerEnded(owner)
    }

    // MARK: Deliveries

    func send(_ delivery: Delivery, of sender: Sender, now: Moment) {
        guard case .topic(let topic) = delivery.schedule.target else {
            preconditionFailure("a callback was handed to the channel for topics")
        }
        queues.send(delivery, to: topic, of: sender, now: now)
        perform(now)
    }

    /// Writes a dead letter, trying until its topic takes it.
    func write(_ letter: DeadLetter, of sender: Sender, now: Moment) {
        queues.send(letter, of: sender, now: now)
        perform(now)
    }

    /// Prepares for a coming delivery.
    func expect(_ schedule: Schedule, now: Moment) {
        guard case .topic(let topic) = schedule.target else { return }
        guard expected.expect(topic, due: schedule.position.time, now: now) else { return }
        queues.expect(topic)
        perform(now)
    }

    func takeOutcome(now: Moment) -> DeliveryOutcome {
        if let producer { pollReports(of: producer, now) { clientMetrics.publish($0) } }
        // Too few records travel alone to count in the statistics.
        if let aloneProducer { pollReports(of: aloneProducer, now) { _ in } }
        if let fatal = producer?.fatalError ?? aloneProducer?.fatalError { giveUpProducer("\(fatal)", now) }
        queues.timeReached(now: now)
        perform(now)
        defer { outcome = DeliveryOutcome() }
        return outcome
    }

    private func pollReports(of producer: KafkaProducer, _ now: Moment, onStatistics: (KafkaStatistics) -> Void) {
        producer.pollReports { report in
            queues.reported(report.token, ReportVerdict(report.error), now: now)
        } onError: { error in
            logger.log(level: error.isRetriable ? .debug : .warning, "Kafka producer", metadata: ["error": "\(error)"])
        } onStatistics: { statistics in
            onStatistics(statistics)
        }
    }

    var wakeAt: Uptime? {
        // Some outcomes became known while the last one was being taken.
        outcome.isEmpty ? [queues.wakeAt, expected.wakeAt].compactMap { $0 }.min() : .zero
    }

    func publishMetrics() {
        metrics.publish()
    }

    /// Gives up all unwritten records.
    func close() {
        producer?.close()
        aloneProducer?.close()
        producer = nil
        aloneProducer = nil
    }

    /// Notes the obstacles that keep deliveries from being made or settled.
    func note(in obstacles: inout Obstacles, now: Uptime) {
        queues.note(in: &obstacles, now: now)
    }

    // MARK: Actions

    private func perform(_ now: Moment) {
        while let action = queues.next(now: now) {
            switch action {
            case .produce(let token): produce(queues.record(token), token, now)
            case .checkTopic(let topic): wantedChecks.append(topic)
            case .giveUpProducer(let topic):
                logger.warning(
                    "a topic has fewer partitions; the producer is replaced",
                    metadata: ["topic": "\(topic)"]
                )
                giveUpProducer(nil, now)
            case .replaceProducer: replaceProducer(now)
            case .conclude(let owner, let end): conclude(owner, end, now)
            case .noteRetry(let topic, let cause, let isFirst):
                metrics.retried()
                if isFirst { log(cause, topic) }
            case .noteRecovery(let topic): logger.notice("records are written again", metadata: ["topic": "\(topic)"])
            }
        }
    }

    private func produce(_ record: OutgoingRecord, _ token: UInt64, _ now: Moment) {
        // After the end of the channel.
        guard let shared = producer else { return queues.notTaken(token) }
        let error: KafkaError?
        do throws(KafkaError) {
            let (producer, topic) = try place(of: record, shared)
            error = record.withBytes { key, value in
                producer.produce(
                    to: topic,
                    key: key,
                    value: value,
                    headers: record.headers(deliveredHeaders),
                    timestampMilliseconds: now.wall.rawValue,
                    token: token
                )
            }
        } catch {
            return queues.reported(token, ReportVerdict(error), now: now)
        }
        guard let error else { return }
        if error.isQueueFull || error.isFatal {
            queues.notTaken(token)
        } else {
            queues.reported(token, ReportVerdict(error), now: now)
        }
    }

    /// - Throws: when the topic's name is not legal, or the producer for single records cannot be created.
    private func place(
        of record: OutgoingRecord,
        _ producer: KafkaProducer
    ) throws(KafkaError) -> (KafkaProducer, KafkaTopic) {
        switch record.attempt {
        case .together:
            if let topic = queues[handleOf: record.topic] { return (producer, topic) }
            let topic = try producer.topic(queues.topicName(record.topic))
            queues[handleOf: record.topic] = topic
            return (producer, topic)
        case .alone:
            let producer = if let aloneProducer { aloneProducer } else { try makeProducer(.alone) }
            aloneProducer = producer
            return (producer, try producer.topic(queues.topicName(record.topic)))
        }
    }

    private func conclude(_ owner: UInt32, _ end: DeliveryEnd, _ now: Moment) {
        switch end {
        case .delivered(let token, let topic, let due):
            metrics.delivered(to: queues.topicName(topic), lateness: due.map { now.wall.rawValue - $0.rawValue })
            outcome.delivered[owner, default: []].append(token)
        case .failed(let token, let topic, let failure):
            metrics.failed(to: queues.topicName(topic))
            outcome.failed[owner, default: []].append((token, failure))
        case .deadLettered(.delivery(let token)):
            outcome.deadLettered[owner, default: []].append(token)
        case .deadLettered(.request(let offset)):
            outcome.rejectionsDeadLettered[owner, default: []].append(offset)
        }
    }

    private func log(_ cause: RetryCause, _ topic: String) {
        switch cause {
        case .outage(let reason):
            logger.warning("records are produced again", metadata: ["topic": "\(topic)", "error": "\(reason)"])
        case .deadLetterRefused(let reason):
            logger.error(
                "dead letters cannot be written and are tried again",
                metadata: ["topic": "\(topic)", "reason": "\(reason)"]
            )
        }
    }

    // MARK: Topic checks

    /// The topic checks to be made now, off the loop. Each is answered by `topicChecked`.
    func takeWantedChecks(now: Moment) -> [TopicCheck] {
        guard !wantedChecks.isEmpty else { return [] }
        defer { wantedChecks = [] }
        guard let producer else {
            for topic in wantedChecks { queues.topicChecked(topic, .none, now: now) }
            return []
        }
        return wantedChecks.map { TopicCheck(of: $0, over: producer) }
    }

    /// A topic check has been answered.
    func topicChecked(_ topic: String, _ answer: TopicAnswer, now: Moment) {
        queues.topicChecked(topic, answer, now: now)
        if case .exists = answer { expected.found(topic) }
        perform(now)
    }

    /// Connects the leaders of topics with coming deliveries, and looks up unknown topics.
    func connectExpected(now: Moment) {
        guard let time = expected.wakeAt, time <= now.uptime else { return }
        let topics = expected.takeDue(now: now.uptime)
        for topic in topics { queues.expect(topic) }
        perform(now)
        producer?.connect(to: topics)
    }

    // MARK: The producer's end

    /// Gives up all records in the producer, for a pod that has lost all of its partitions. Their next owners deliver
    /// them; a record that left here later would be a repeat, out of order with theirs.
    func startAfresh(now: Moment) {
        guard queues.inFlightCount > 0 else { return }
        logger.notice("deliveries in flight are given up", metadata: ["count": "\(queues.inFlightCount)"])
        giveUpProducer(nil, now)
        perform(now)
    }

    /// Gives up the producer with all its records: after this error, or on purpose without one. Another one is created.
    private func giveUpProducer(_ error: String?, _ now: Moment) {
        close()
        let isFirst = queues.producerFailed(error, now: now)
        if let error, isFirst { logger.error("Kafka producer is replaced", metadata: ["error": "\(error)"]) }
    }

    private func replaceProducer(_ now: Moment) {
        do throws(KafkaError) {
            producer = try makeProducer(.together)
            queues.producerReplaced(now: now)
        } catch {
            if queues.producerNotReplaced("\(error)", now: now) {
                logger.error("Kafka producer cannot be created", metadata: ["error": "\(error)"])
            }
        }
    }
}
