internal import DequeModule
internal import Kafka
internal import Logging
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
    private let logger: Logger
    private let makeLane: (_ isSolo: Bool) throws(KafkaError) -> ProducerLane
    private var lane: ProducerLane
    /// For records that were refused as too large together with others: one by one, it shows which of them are. Made
    /// when first needed.
    private var soloLane: ProducerLane?

    private var directory = TopicDirectory()
    /// Records that wait for a look at their topic, in order.
    private var waiting: [String: [OutgoingRecord]] = [:]
    /// Looks to take now.
    private(set) var wantedLooks: [String] = []
    /// Looks to take later.
    private var laterLooks: [(topic: String, time: Uptime)] = []

    /// Records in the producer, by token.
    private var inFlight: ContiguousArray<OutgoingRecord?> = []
    private var freeTokens: [Int] = []
    /// What each topic has in the producer; none for most.
    private var loads: [String: Load] = [:]
    /// Records that did not fit into the producer's queue, by topic, each in order; none is empty.
    private var backlogs: [String: Deque<OutgoingRecord>] = [:]
    /// Records that are produced at `retryTime`: those that failed for no fault of theirs, and what came behind them.
    private var retries: [OutgoingRecord] = []
    /// The topics of those that failed.
    private var retryTopics: Set<String> = []
    private var retryTime: Uptime?
    /// How many records in the producer travel alone, by topic; none for most.
    private var aloneInFlight: [String: Int] = [:]
    /// The owners that are still there. What is left of the others is not sent.
    private var owners: Set<UInt32> = []
    private var lastSequence: UInt64 = 0
    private var outcome = Outcome()

    /// Producers that were replaced, until the pod has them destroyed where that may block.
    private var retired: [KafkaProducer] = []

    /// Records in the producer.
    private struct Load {
        var count = 0
        var bytes = 0
    }

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

    init(
        properties: KafkaProperties,
        deadLetterTopic: String,
        wakeDescriptor: Int32,
        logger: Logger
    ) throws(KafkaError) {
        self.deadLetterTopic = deadLetterTopic
        self.logger = logger
        makeLane = { (isSolo) throws(KafkaError) in
            var properties = properties
            if isSolo { properties.set("batch.num.messages", to: "1") }
            let lane = try ProducerLane(properties: properties, logger: logger)
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
        for (topic, backlog) in backlogs {
            let rest = backlog.filter { $0.purpose.owner != owner }
            backlogs[topic] = rest.isEmpty ? nil : rest
        }
        retries.removeAll { $0.purpose.owner == owner }
    }

    /// Produces a record, as soon as its topic is known to exist.
    func send(_ record: OutgoingRecord, now: Moment) {
        var record = record
        lastSequence += 1
        record.sequence = lastSequence
        switch standing(of: record.topic, now) {
        case .known:
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
        pollReports(of: lane, now)
        if let soloLane { pollReports(of: soloLane, now) }
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
        if waitsBehindRetry(record) {
            retries.append(record)
        } else if backlogs[record.topic] != nil || produce(record, now) != .done {
            // What waits in front of it goes first.
            backlogs[record.topic, default: []].append(record)
        }
    }

    /// A full queue has room again once reports have come, and they wake the loop.
    private func drainBacklogs(_ now: Moment) {
        for topic in Array(backlogs.keys) {
            guard var backlog = backlogs.removeValue(forKey: topic) else { continue }
            var outcome = Produced.done
            while outcome == .done, let record = backlog.first {
                if waitsBehindRetry(record) {
                    retries.append(record)
                } else {
                    outcome = produce(record, now)
                }
                if outcome == .done { backlog.removeFirst() }
            }
            // One that turned out too large, and is to be tried otherwise, has found no room and waits there now.
            if let first = backlogs[topic] { backlog.insert(contentsOf: first, at: 0) }
            if !backlog.isEmpty { backlogs[topic] = backlog }
            if outcome == .producerIsFull { return }
        }
    }

    /// Whether an earlier record of the topic is to be produced again: it must not be overtaken.
    private func waitsBehindRetry(_ record: OutgoingRecord) -> Bool {
        !retryTopics.isEmpty && retryTopics.contains(record.topic)
    }

    private func retryLater(_ record: OutgoingRecord, _ now: Moment) {
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

    private func produce(_ record: OutgoingRecord, _ now: Moment) -> Produced {
        if hasItsShare(record.topic) { return .topicIsFull }
        var record = record
        // Behind one that travels alone all of its topic do, or they would overtake it.
        if !aloneInFlight.isEmpty, aloneInFlight[record.topic] != nil { record.isAlone = true }
        let lane: ProducerLane
        let topic: KafkaTopic
        do throws(KafkaError) {
            lane = record.isAlone ? try solo() : self.lane
            topic = try lane.topic(record.topic)
        } catch {
            conclude(record, .failed(DeliveryFailure(code: .deliveryRejected, detail: "\(error.name).")), now)
            return .done
        }
        let token = takeToken(record)
        let error = record.withBytes { key, value in
            var headers = KafkaHeaders(capacity: 8)
            record.headers.forEach { headers.append(name: $0, value: $1) }
            return lane.producer.produce(
                to: topic,
                key: key,
                value: value,
                headers: headers,
                timestampMilliseconds: now.wall.rawValue,
                token: UInt64(token)
            )
        }
        guard let error else { return .done }
        giveBack(token)
        if error.isQueueFull || error.isFatal { return .producerIsFull }
        settle(record, error, now)
        return .done
    }

    /// Whether a topic fills its part of the queue: one that is slow, or takes nothing, must not keep others waiting.
    private func hasItsShare(_ topic: String) -> Bool {
        guard let load = loads[topic] else { return false }
        let capacity = lane.producer.capacity
        return load.count >= capacity.records / Self.topicsShare || load.bytes >= capacity.bytes / Self.topicsShare
    }

    private func solo() throws(KafkaError) -> ProducerLane {
        if let soloLane { return soloLane }
        let lane = try makeLane(true)
        soloLane = lane
        return lane
    }

    private func takeToken(_ record: OutgoingRecord) -> Int {
        if record.isAlone { aloneInFlight[record.topic, default: 0] += 1 }
        loads[record.topic, default: Load()].count += 1
        loads[record.topic, default: Load()].bytes += record.byteCount
        if let token = freeTokens.popLast() {
            inFlight[token] = record
            return token
        }
        inFlight.append(record)
        return inFlight.count - 1
    }

    @discardableResult
    private func giveBack(_ token: Int) -> OutgoingRecord? {
        guard let record = inFlight[token] else { return nil }
        inFlight[token] = nil
        freeTokens.append(token)
        if var load = loads[record.topic] {
            load.count -= 1
            load.bytes -= record.byteCount
            loads[record.topic] = load.count > 0 ? load : nil
        }
        if record.isAlone, let count = aloneInFlight[record.topic] {
            aloneInFlight[record.topic] = count > 1 ? count - 1 : nil
        }
        return record
    }

    // MARK: Reports

    private func pollReports(of lane: ProducerLane, _ now: Moment) {
        lane.producer.pollReports { report in
            guard let record = giveBack(Int(report.token)) else { return }
            settle(record, report.error, now)
        } onError: { error in
            logger.log(level: error.isRetriable ? .debug : .warning, "Kafka producer", metadata: ["error": "\(error)"])
        }
    }

    private func settle(_ record: OutgoingRecord, _ error: KafkaError?, _ now: Moment) {
        if let error {
            // Nobody waits for it any more, and the partition's next owner sends it himself.
            guard owners.contains(record.purpose.owner) else { return }
            if error.isUnknownTopic { directory.forget(record.topic) }
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
        var record = record
        record.isAlone = true
        return record
    }

    private func conclude(_ record: OutgoingRecord, _ verdict: ReportVerdict, _ now: Moment) {
        switch (verdict, record.purpose) {
        case (.written, .delivery(let owner, let delivery)):
            outcome.delivered[owner, default: []].append(delivery.token)
        case (.written, .rejectedRequest(let owner, let offset)):
            outcome.rejectionsDeadLettered[owner, default: []].append(offset)
        case (.written, .failedDelivery(let owner, let token)):
            outcome.deadLettered[owner, default: []].append(token)
        case (.failed(let failure), .delivery(let owner, let delivery)):
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
        guard !loads.isEmpty else { return }
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
        var records = retries + backlogs.values.joined()
        for token in inFlight.indices {
            if let record = giveBack(token), owners.contains(record.purpose.owner) { records.append(record) }
        }
        retries = []
        retryTopics = []
        retryTime = nil
        backlogs = [:]
        for record in records.sorted(by: { $0.sequence < $1.sequence }) {
            backlogs[record.topic, default: []].append(record)
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
