internal import DequeModule
internal import Kafka
internal import Logging
internal import PrometheusMetrics
internal import Scheduling

/// Produces deliveries and dead letters through one idempotent producer and tells what became of them.
///
/// Belongs to the pod and is used on its event loop only. What cannot be produced now waits here: for a look at its
/// topic, for room in the producer's queue, or for a new producer after a fatal error. Deliveries of one topic leave
/// in the order they came in, and no topic waits for another: each may fill a quarter of the producer's queue.
final class DeliveryProducer {
    /// What became of records, gathered until the pod takes it.
    struct Outcome {
        var delivered: [UInt32: [UInt32]] = [:]
        var failed: [UInt32: [(token: UInt32, failure: DeliveryFailure)]] = [:]
        var deadLettered: [UInt32: [UInt32]] = [:]
        var rejectionsDeadLettered: [UInt32: [Int64]] = [:]

        var isEmpty: Bool {
            delivered.isEmpty && failed.isEmpty && deadLettered.isEmpty && rejectionsDeadLettered.isEmpty
        }
    }

    private let deadLetterTopic: String
    private let recordID: RecordID
    private let logger: Logger
    private let makeLane: (_ isSolo: Bool) throws(KafkaError) -> ProducerLane
    private var lane: ProducerLane
    /// For records that were refused as too large together with others: one by one, it shows which of them are. Made
    /// when first needed.
    private var soloLane: ProducerLane?

    private var directory = TopicDirectory()
    /// By topic; idle ones are forgotten once there are many.
    private var routes: [String: TopicRoute] = [:]
    /// The latest of them: one often comes again.
    private var latestRoute: TopicRoute?
    /// The latest topic that the directory knew, until it forgets one.
    private var latestKnown: String?
    /// Records that wait for a look at their topic, in order.
    private var waiting: [String: [OutgoingRecord]] = [:]
    /// Looks to take now.
    private(set) var wantedLooks: [String] = []
    /// Looks to take later.
    private var laterLooks: [(topic: String, time: Uptime)] = []

    /// Records in the producer, by token.
    private var inFlight: ContiguousArray<(record: OutgoingRecord, route: TopicRoute)?> = []
    private var freeTokens: [Int] = []
    /// The topics with records that did not fit into the producer's queue.
    private var backlogged: Set<String> = []
    /// Records that are produced at `retryTime`: those that failed for no fault of theirs, and what came behind them.
    private var retries: [OutgoingRecord] = []
    /// The topics of those that failed.
    private var retryTopics: Set<String> = []
    private var retryTime: Uptime?
    /// The owners that are still there. What is left of the others is not sent.
    private var owners: Set<UInt32> = []
    private var lastSequence: UInt64 = 0
    private var outcome = Outcome()
    private var metrics: DeliveryMetrics
    private var clientMetrics: KafkaClientMetrics

    /// Producers that were replaced, until the pod has them destroyed where that may block.
    private var retired: [KafkaProducer] = []

    private enum Produced {
        /// The producer has it, or it has been settled otherwise.
        case done
        /// It has to wait until reports of its topic have come.
        case topicIsFull
        /// It has to wait until any reports have come, or for a new producer.
        case producerIsFull
    }

    /// The pause before records are produced again, in milliseconds.
    private static let retryPause: Int64 = 500
    /// The part of the producer's queue that one topic may fill.
    private static let topicsShare = 4
    /// How many topics are remembered that have nothing to send.
    private static let manyRoutes = 1_000

    init(
        properties: KafkaProperties,
        deadLetterTopic: String,
        recordID: RecordID,
        wakeDescriptor: Int32,
        metrics: MetricsRegistry,
        logger: Logger
    ) throws(KafkaError) {
        self.deadLetterTopic = deadLetterTopic
        self.recordID = recordID
        self.metrics = DeliveryMetrics(metrics)
        clientMetrics = KafkaClientMetrics(.producer, metrics)
        self.logger = logger
        makeLane = { (isSolo) throws(KafkaError) in
            var properties = properties
            if isSolo { properties.set("batch.num.messages", to: "1") }
            let lane = try ProducerLane(properties: properties, logger: logger.inCategory(.kafka))
            lane.producer.signal(fileDescriptor: wakeDescriptor)
            return lane
        }
        lane = try makeLane(false)
    }

    /// An owner may send from now on.
    func begin(owner: UInt32) {
        owners.insert(owner)
    }

    /// An owner is gone. What waits to be produced for it is dropped: the partition's next owner does it again, and
    /// later deliveries must not be overtaken by these.
    func end(owner: UInt32) {
        owners.remove(owner)
        for topic in waiting.keys { waiting[topic]?.removeAll { $0.purpose.owner == owner } }
        for topic in Array(backlogged) {
            guard let route = routes[topic] else { continue }
            route.backlog.removeAll { $0.purpose.owner == owner }
            if route.backlog.isEmpty { backlogged.remove(topic) }
        }
        retries.removeAll { $0.purpose.owner == owner }
    }

    /// Produces a record, as soon as its topic is known to exist.
    func send(_ record: OutgoingRecord, now: Moment) {
        lastSequence += 1
        record.sequence = lastSequence
        if record.topic == latestKnown { return enqueue(record, now) }
        switch standing(of: record.topic, now) {
        case .known:
            latestKnown = record.topic
            enqueue(record, now)
        case nil:
            directory.begin(record.topic, now: now.uptime)
            wantedLooks.append(record.topic)
            waiting[record.topic, default: []].append(record)
        case .lookedFor:
            waiting[record.topic, default: []].append(record)
        case .missing:
            giveUp([record], topic: record.topic, now)
        }
    }

    /// The dead-letter topic is not looked for: there is nowhere to go if it does not exist.
    private func standing(of topic: String, _ now: Moment) -> TopicDirectory.Standing? {
        topic == deadLetterTopic ? .known : directory.standing(of: topic, now: now.uptime)
    }

    /// What became of records since the last call, after looking for reports.
    func takeOutcome(now: Moment) -> Outcome {
        pollReports(of: lane, now) { clientMetrics.publish($0) }
        // Records travel alone too seldom for the statistics of their producer.
        if let soloLane { pollReports(of: soloLane, now) { _ in } }
        if let fatal = lane.producer.fatalError ?? soloLane?.producer.fatalError {
            logger.error("Kafka producer is made anew", metadata: ["error": "\(fatal)"])
            replaceProducers()
        }
        // What waits may be another pod's to deliver by now (design rule "Sure of its place").
        if now.isSure {
            drainBacklogs(now)
            if let time = retryTime, time <= now.uptime { produceRetries(now) }
        }
        startLooks(now)
        defer { outcome = Outcome() }
        return outcome
    }

    /// Makes visible what was counted since the last call.
    func publishMetrics() {
        metrics.publish()
    }

    /// When there is something to do without anything arriving.
    var wakeAt: Uptime? {
        // Told while the last outcome was being taken.
        if !outcome.isEmpty { return .zero }
        let look = laterLooks.lazy.map(\.time).min()
        guard let retryTime else { return look }
        return min(retryTime, look ?? retryTime)
    }

    // MARK: Topics

    /// Looks that are to be taken now, each topic once.
    func takeWantedLooks() -> [String] {
        defer { wantedLooks.removeAll() }
        return wantedLooks
    }

    /// A look has ended; `exists` is `nil` when the brokers did not answer.
    func topicLookedUp(_ topic: String, exists: Bool?, now: Moment) {
        switch directory.found(topic, exists: exists, now: now.uptime) {
        case .deliver:
            for record in waiting.removeValue(forKey: topic) ?? [] { enqueue(record, now) }
        case .lookAgain(let delay):
            laterLooks.append((topic, now.uptime.advanced(byMilliseconds: delay)))
        case .giveUp:
            giveUp(waiting.removeValue(forKey: topic) ?? [], topic: topic, now)
        }
    }

    private func startLooks(_ now: Moment) {
        wantedLooks += laterLooks.filter { $0.time <= now.uptime }.map(\.topic)
        laterLooks.removeAll { $0.time <= now.uptime }
    }

    private func giveUp(_ records: [OutgoingRecord], topic: String, _ now: Moment) {
        let failure = DeliveryFailure(code: .unknownTopic, detail: "Topic \(topic) does not exist.")
        for record in records { conclude(record, .failed(failure), now) }
    }

    // MARK: Producing

    private func enqueue(_ record: OutgoingRecord, _ now: Moment) {
        guard !waitsBehindRetry(record) else {
            retries.append(record)
            return
        }
        let route = route(to: record.topic)
        if !route.backlog.isEmpty || produce(record, route, now) != .done {
            // What waits in front of it goes first.
            route.backlog.append(record)
            backlogged.insert(route.topic)
        }
    }

    private func route(to topic: String) -> TopicRoute {
        if let latestRoute, latestRoute.topic == topic { return latestRoute }
        let route = routes[topic] ?? makeRoute(to: topic)
        latestRoute = route
        return route
    }

    private func makeRoute(to topic: String) -> TopicRoute {
        if routes.count >= Self.manyRoutes { routes = routes.filter { !$0.value.isIdle } }
        let route = TopicRoute(topic: topic)
        routes[topic] = route
        return route
    }

    /// A full queue has room again once reports have come, and they wake the loop.
    private func drainBacklogs(_ now: Moment) {
        for topic in Array(backlogged) {
            guard let route = routes[topic] else { continue }
            var backlog = Deque<OutgoingRecord>()
            swap(&backlog, &route.backlog)
            var outcome = Produced.done
            while outcome == .done, let record = backlog.first {
                if waitsBehindRetry(record) {
                    retries.append(record)
                } else {
                    outcome = produce(record, route, now)
                }
                if outcome == .done { backlog.removeFirst() }
            }
            // One that turned out too large, and is to be tried otherwise, has found no room and waits there now.
            route.backlog.append(contentsOf: backlog)
            if route.backlog.isEmpty { backlogged.remove(topic) }
            if outcome == .producerIsFull { return }
        }
    }

    /// Whether an earlier record of the topic is to be produced again: it must not be overtaken.
    private func waitsBehindRetry(_ record: OutgoingRecord) -> Bool {
        !retryTopics.isEmpty && retryTopics.contains(record.topic)
    }

    private func retryLater(_ record: OutgoingRecord, _ now: Moment) {
        metrics.retried()
        retries.append(record)
        retryTopics.insert(record.topic)
        if retryTime == nil { retryTime = now.uptime.advanced(byMilliseconds: Self.retryPause) }
    }

    private func produceRetries(_ now: Moment) {
        retryTime = nil
        retryTopics = []
        // Reports come in any order where partitions differ; a topic's records leave as they first did.
        let records = retries.sorted { $0.sequence < $1.sequence }
        retries = []
        for record in records { enqueue(record, now) }
    }

    private func produce(_ record: OutgoingRecord, _ route: TopicRoute, _ now: Moment) -> Produced {
        if hasItsShare(route) { return .topicIsFull }
        let wasAlone = record.isAlone
        // Behind one that travels alone all of its topic do, or they would overtake it.
        if route.alone > 0 { record.isAlone = true }
        let lane: ProducerLane
        let topic: KafkaTopic
        do throws(KafkaError) {
            lane = record.isAlone ? try solo() : self.lane
            topic = try record.isAlone ? lane.topic(route.topic) : handle(of: route)
        } catch {
            conclude(record, .failed(DeliveryFailure(code: .deliveryRejected, detail: "\(error.name).")), now)
            return .done
        }
        let token = takeToken(record, route)
        let error = record.withBytes { key, value in
            lane.producer.produce(
                to: topic,
                key: key,
                value: value,
                headers: headers(of: record),
                timestampMilliseconds: now.wall.rawValue,
                token: UInt64(token)
            )
        }
        guard let error else { return .done }
        giveBack(token)
        if error.isQueueFull || error.isFatal {
            record.isAlone = wasAlone
            return .producerIsFull
        }
        settle(record, error, now)
        return .done
    }

    private func headers(of record: OutgoingRecord) -> KafkaHeaders {
        guard case .delivery(_, let partition, let delivery) = record.purpose else {
            var headers = KafkaHeaders()
            record.headers.forEach { headers.append(name: $0, value: $1) }
            return headers
        }
        var headers = KafkaHeaders()
        delivery.schedule.headers.forEach { headers.append(name: $0, value: $1) }
        recordID.forEachDeliveredHeader(of: delivery.schedule, partition: partition) { name, value in
            headers.append(name: name, value: value)
        }
        return headers
    }

    private func handle(of route: TopicRoute) throws(KafkaError) -> KafkaTopic {
        if let handle = route.handle { return handle }
        let handle = try lane.topic(route.topic)
        route.handle = handle
        return handle
    }

    /// Whether a topic fills its part of the queue: one that is slow, or takes nothing, must not keep others waiting.
    private func hasItsShare(_ route: TopicRoute) -> Bool {
        let capacity = lane.producer.capacity
        return route.count >= capacity.records / Self.topicsShare || route.bytes >= capacity.bytes / Self.topicsShare
    }

    private func solo() throws(KafkaError) -> ProducerLane {
        if let soloLane { return soloLane }
        let lane = try makeLane(true)
        soloLane = lane
        return lane
    }

    private func takeToken(_ record: OutgoingRecord, _ route: TopicRoute) -> Int {
        route.add(record)
        if let token = freeTokens.popLast() {
            inFlight[token] = (record, route)
            return token
        }
        inFlight.append((record, route))
        return inFlight.count - 1
    }

    @discardableResult
    private func giveBack(_ token: Int) -> OutgoingRecord? {
        guard let (record, route) = inFlight[token] else { return nil }
        inFlight[token] = nil
        freeTokens.append(token)
        route.remove(record)
        return record
    }

    // MARK: Reports

    private func pollReports(
        of lane: ProducerLane,
        _ now: Moment,
        onStatistics: (KafkaStatistics) -> Void
    ) {
        lane.producer.pollReports { report in
            guard let record = giveBack(Int(report.token)) else { return }
            settle(record, report.error, now)
        } onError: { error in
            logger.log(level: error.isRetriable ? .debug : .warning, "Kafka producer", metadata: ["error": "\(error)"])
        } onStatistics: { statistics in
            onStatistics(statistics)
        }
    }

    private func settle(_ record: OutgoingRecord, _ error: KafkaError?, _ now: Moment) {
        if let error {
            // Nobody waits for it any more, and the partition's next owner sends it himself.
            guard owners.contains(record.purpose.owner) else { return }
            if error.isUnknownTopic {
                directory.forget(record.topic)
                latestKnown = nil
            }
            if error.isMessageTooLarge, let next = afterTooLarge(record) {
                enqueue(next, now)
                return
            }
        }
        let verdict = ReportVerdict(error, topic: record.topic)
        if verdict == .retry, let error, retryTime == nil {
            logger.warning("records are produced again", metadata: ["topic": "\(record.topic)", "error": "\(error)"])
        }
        conclude(record, verdict, now)
    }

    /// What to try when a record was refused as too large: by itself first, for it may have shared a batch with a
    /// larger one; then, if it is a dead letter, with less in it.
    private func afterTooLarge(_ record: OutgoingRecord) -> OutgoingRecord? {
        if record.isAlone { return record.cut() }
        record.isAlone = true
        return record
    }

    private func conclude(_ record: OutgoingRecord, _ verdict: ReportVerdict, _ now: Moment) {
        switch (verdict, record.purpose) {
        case (.written, .delivery(let owner, _, let delivery)):
            let lateness = delivery.wasDueOnArrival ? nil : now.wall.rawValue - delivery.schedule.position.time.rawValue
            metrics.delivered(to: record.topic, lateness: lateness)
            outcome.delivered[owner, default: []].append(delivery.token)
        case (.written, .rejectedRequest(let owner, let offset)):
            outcome.rejectionsDeadLettered[owner, default: []].append(offset)
        case (.written, .failedDelivery(let owner, let token)):
            outcome.deadLettered[owner, default: []].append(token)
        case (.failed(let failure), .delivery(let owner, _, let delivery)):
            metrics.failed(to: record.topic)
            outcome.failed[owner, default: []].append((delivery.token, failure))
        case (.failed(let failure), _):
            // Nothing is dropped in silence: a dead letter is tried until it can be written.
            if retryTime == nil {
                logger.error(
                    "dead letters cannot be written and are tried again",
                    metadata: ["topic": "\(record.topic)", "reason": "\(failure.detail)"]
                )
            }
            retryLater(record, now)
        case (.retry, _):
            retryLater(record, now)
        }
    }

    // MARK: A producer's end

    /// Gives up whatever is in the producer, for a pod that has lost all of its partitions: their next owners deliver
    /// it, and what left here after that would be a repeat, and in no order with theirs.
    func startAfresh() {
        guard inFlight.count > freeTokens.count else { return }
        logger.notice("deliveries under way are given up", metadata: ["count": "\(inFlight.count - freeTokens.count)"])
        replaceProducers()
    }

    /// After a fatal error nothing more goes through a producer: its records are given back and produced by a new one.
    private func replaceProducers() {
        let successor: ProducerLane
        do throws(KafkaError) {
            successor = try makeLane(false)
        } catch {
            logger.error("Kafka producer cannot be made", metadata: ["error": "\(error)"])
            return
        }
        close()
        retired += [lane.producer] + (soloLane.map { [$0.producer] } ?? [])
        lane = successor
        soloLane = nil
        var records = retries
        for token in inFlight.indices {
            if let record = giveBack(token), owners.contains(record.purpose.owner) { records.append(record) }
        }
        for route in routes.values {
            records += route.backlog
            route.backlog = []
            route.handle = nil
        }
        backlogged = []
        retries = []
        retryTopics = []
        retryTime = nil
        for record in records.sorted(by: { $0.sequence < $1.sequence }) {
            route(to: record.topic).backlog.append(record)
            backlogged.insert(record.topic)
        }
    }

    /// The producers that were replaced: letting go of them blocks.
    func takeRetired() -> [KafkaProducer] {
        defer { retired = [] }
        return retired
    }

    /// Gives up whatever is not written.
    func close() {
        lane.producer.close()
        soloLane?.producer.close()
    }
}
