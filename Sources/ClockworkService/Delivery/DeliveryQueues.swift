internal import DequeModule
internal import Runtime
internal import Scheduling

/// The queues of records for topics, and the records in the producer. Events in, actions out: it knows no Kafka client,
/// no clock and no log.
///
/// After each event the driver performs the actions that `next` hands out, until there is none left. The rules:
///
/// - Deliveries of one topic are produced in the order in which they were sent. A record that comes back goes out
///   before later records that have not left yet.
/// - No topic has more than a quarter of the producer's queue, so a slow topic does not keep others waiting.
/// - No single answer of the brokers about a topic is final (`TopicDoubt`). The topic is checked again, and its records
///   are produced again in order, one at a time. A record is refused alone, or not at all.
/// - Nothing waits in the producer for partitions that are gone (`StandstillWatch`).
/// - Dead letters are never given up. A refused one lets the others pass.
/// - No delivery goes to a topic that is not allowed, whenever it was requested.
/// - Nothing more is produced, and nothing reported, for an owner that has ended.
/// - Nothing is produced while the pod is not sure of its place (design rule "Sure of its place").
///
/// `Handle` is the driver's handle of a topic in a producer; it is only stored here.
struct DeliveryQueues<Handle> {
    /// The divisor of the producer's queue that gives one topic's share.
    static var topicsShare: Int { 4 }

    private let share: ProducerCapacity
    private var topics: TopicTable<Handle>
    private var inFlight = InFlightRecords()
    private var producer: ProducerSuccession
    /// Whether another producer is being created.
    private var isReplacing = false
    /// Whether the producer's queue had no room. The next turn ends that: reports make room, and they wake the loop.
    private var isFull = false
    /// The owners that still exist.
    private var owners: Set<UInt32> = []
    /// The rows of topics that have a turn to produce, in order of their turns.
    private var ready: Deque<Int> = []
    /// When rows of topics need attention again. An alarm too many does no harm.
    private var alarms = Alarms<Int>()
    private var actions: Deque<DeliveryAction> = []
    private var lastSequence: UInt64 = 0

    /// Empty queues.
    ///
    /// - Parameters:
    ///   - deadLetterTopic: assumed to exist, and never checked: dead letters have no other destination.
    ///   - policy: the topics that deliveries may go to.
    ///   - capacity: the producer's capacity over all topics.
    init(deadLetterTopic: String, policy: TopicPolicy, capacity: ProducerCapacity, now: Uptime) {
        topics = TopicTable(permanent: deadLetterTopic, policy: policy)
        producer = ProducerSuccession(now: now)
        share = ProducerCapacity(
            records: max(1, capacity.records / Self.topicsShare),
            bytes: max(1, capacity.bytes / Self.topicsShare)
        )
    }

    /// The number of records in the producer.
    var inFlightCount: Int { inFlight.count }

    /// The number of topics that are remembered.
    var topicCount: Int { topics.count }

    /// When `timeReached` has something to do.
    var wakeAt: Uptime? {
        [producer.dueAt, alarms.next].compactMap { $0 }.min()
    }

    /// Notes the obstacles that keep all deliveries, or all requests behind a dead letter, from being settled.
    func note(in obstacles: inout Obstacles, now: Uptime) {
        let refusal = producer.obstacle(now: now).map { "The brokers refuse the producer of deliveries: \($0)." }
        obstacles.note(.producer, refusal, now: now)
        var stuck: String?
        if case .deadLetterRefused(let reason)? = topics[TopicTable<Handle>.permanent].obstacle {
            stuck = "Dead letters cannot be written. \(reason)"
        }
        obstacles.note(.deadLetters, stuck, now: now)
    }

    /// A record that is in the producer, or is being given to it.
    func record(_ token: UInt64) -> OutgoingRecord { inFlight[token] }
    /// The name of a topic that an action has just named.
    func topicName(_ row: Int32) -> String { topics[Int(row)].name }

    /// The handle of the topic of a record that is being given to the producer. Dropped when the producer fails.
    subscript(handleOf row: Int32) -> Handle? {
        get { topics[Int(row)].handle }
        set { topics[Int(row)].handle = newValue }
    }

    // MARK: Actions

    /// The next action; `nil` when there is none until the next event.
    mutating func next(now: Moment) -> DeliveryAction? {
        if let action = actions.popFirst() { return action }
        guard now.isSure, producer.dueAt == nil, !isFull else { return nil }
        while let row = ready.first {
            if let record = topics[row].takeNext(share: share, now: now.uptime) {
                watch(row, now)
                return .produce(token: inFlight.insert(record))
            }
            ready.removeFirst()
            topics[row].isListed = false
        }
        return nil
    }

    // MARK: Owners

    /// An owner may send from now on.
    mutating func ownerBegan(_ owner: UInt32) {
        owners.insert(owner)
    }

    /// An owner is gone. Its waiting records are dropped: its successor sends them, and must not be overtaken by them.
    mutating func ownerEnded(_ owner: UInt32) {
        guard owners.remove(owner) != nil else { return }
        for row in topics.indices where !topics[row].isIdle { topics[row].drop(owner: owner) }
    }

    // MARK: Sending

    /// A delivery is due.
    mutating func send(_ delivery: Delivery, to topic: String, of sender: Sender, now: Moment) {
        let row = topics.row(of: topic)
        guard row != TopicTable<Handle>.permanent else {
            let record = OutgoingRecord(delivery, of: sender, topic: row, sequence: 0)
            actions.append(.conclude(owner: sender.owner, record.failed(.notAllowed(topic))))
            return
        }
        lastSequence += 1
        topics[row].append(OutgoingRecord(delivery, of: sender, topic: row, sequence: lastSequence))
        attend(to: row, now)
    }

    /// A dead letter is to be written.
    mutating func send(_ letter: DeadLetter, of sender: Sender, now: Moment) {
        let row = TopicTable<Handle>.permanent
        lastSequence += 1
        topics[row].append(OutgoingRecord(letter, of: sender, topic: row, sequence: lastSequence))
        attend(to: row, now)
    }

    /// Does what the state of a topic with waiting records requires.
    private mutating func attend(to row: Int, _ now: Moment) {
        guard topics[row].hasWaiting else { return }
        switch topics[row].state {
        case .unknown:
            check(row)
        case .waiting(let until):
            if until <= now.uptime { check(row) }
        case .barred(let failure):
            giveUp(row, failure)
        case .checking:
            break
        case .known:
            guard !topics[row].isListed else { return }
            topics[row].isListed = true
            ready.append(row)
        }
    }

    // MARK: Topic checks

    /// A delivery to a topic will be due: the topic is looked up now.
    mutating func expect(_ topic: String) {
        let row = topics.row(of: topic)
        if topics[row].state == .unknown { check(row) }
    }

    private mutating func check(_ row: Int) {
        topics[row].state = .checking
        if !topics[row].isLookedAt { actions.append(.checkTopic(topics[row].name)) }
    }

    /// A topic check has been answered.
    mutating func topicChecked(_ topic: String, _ answer: TopicAnswer, now: Moment) {
        guard let row = topics.known(topic) else { return }
        if topics[row].hasLostPartitions(answer) { actions.append(.giveUpProducer(topic: topic)) }
        watch(row, now)
        switch topics[row].checked(answer, now: now.uptime) {
        case .nothing: break
        case .attend: attend(to: row, now)
        case .wait(let time, let failure):
            if let failure { giveUp(row, failure) }
            alarms.set(row, at: time)
        }
    }

    private mutating func watch(_ row: Int, _ now: Moment) {
        guard topics[row].count > 0, let time = topics[row].beginWatch(now: now.uptime) else { return }
        alarms.set(row, at: time)
    }

    private mutating func giveUp(_ row: Int, _ failure: DeliveryFailure) {
        for record in topics[row].takeWaiting() {
            actions.append(.conclude(owner: record.sender.owner, record.failed(failure)))
        }
    }

    // MARK: Reports

    /// The producer has no room for this record, or takes no records any more. Nothing else is offered until
    /// `timeReached`.
    mutating func notTaken(_ token: UInt64) {
        guard let record = inFlight.remove(token) else { return }
        topics[Int(record.topic)].notTaken(record)
        isFull = true
    }

    /// An attempt to produce a record has ended.
    mutating func reported(_ token: UInt64, _ verdict: ReportVerdict, now: Moment) {
        guard let record = inFlight.remove(token) else { return }
        let row = Int(record.topic)
        topics[row].left(record)
        // If its owner has ended, nobody waits: the next owner sends the record itself.
        if owners.contains(record.sender.owner) { settle(record, verdict, now) }
        attend(to: row, now)
    }

    private mutating func settle(_ record: OutgoingRecord, _ verdict: ReportVerdict, _ now: Moment) {
        let row = Int(record.topic)
        let isProducersRecovery = verdict == .written && producer.wrote()
        switch topics[row].settle(record, verdict, now: now.uptime) {
        case .ended(let end, let isRecovery):
            if isRecovery || isProducersRecovery { actions.append(.noteRecovery(topic: topics[row].name)) }
            actions.append(.conclude(owner: record.sender.owner, end))
        case .waits:
            break
        case .waitsUntil(let time, let cause, let isFirst):
            alarms.set(row, at: time)
            actions.append(.noteRetry(topic: topics[row].name, cause, isFirst: isFirst))
        case .givenUp(let failure, let time):
            giveUp(row, failure)
            alarms.set(row, at: time)
        }
    }

    // MARK: Time

    /// A turn of the loop, at any time: records that waited for it continue.
    mutating func timeReached(now: Moment) {
        isFull = false
        replaceProducer(now)
        for row in alarms.takeDue(now: now.uptime) {
            topics[row].takeBackAside(now: now.uptime) { record in
                lastSequence += 1
                return record.behindOthers(sequence: lastSequence)
            }
            if topics[row].standsStill(now: now.uptime), topics[row].state != .checking {
                actions.append(.checkTopic(topics[row].name))
            }
            watch(row, now)
            attend(to: row, now)
        }
    }

    // MARK: The producer's end

    /// The producer was given up: after an error that ends it, or, without a reason, because nothing in it may leave
    /// any more. Its successor produces the records whose owners still exist, in the original order and without a
    /// pause.
    ///
    /// - Returns: whether an outage begins with this.
    mutating func producerFailed(_ reason: String?, now: Moment) -> Bool {
        var isFirst = false
        if let reason {
            isFirst = producer.failed(reason, now: now.uptime)
        } else {
            producer.renounced(now: now.uptime)
        }
        for record in inFlight.removeAll() where owners.contains(record.sender.owner) {
            topics[Int(record.topic)].putBack(record)
        }
        for row in topics.indices { topics[row].producerFailed() }
        replaceProducer(now)
        return isFirst
    }

    private mutating func replaceProducer(_ now: Moment) {
        guard let time = producer.dueAt, time <= now.uptime, !isReplacing else { return }
        isReplacing = true
        actions.append(.replaceProducer)
    }

    /// There is another producer.
    mutating func producerReplaced(now: Moment) {
        isReplacing = false
        producer.succeeded(now: now.uptime)
        for row in topics.indices { attend(to: row, now) }
    }

    /// Another producer could not be created; the attempt is repeated after a pause.
    ///
    /// - Returns: whether an outage begins with this.
    mutating func producerNotReplaced(_ reason: String, now: Moment) -> Bool {
        isReplacing = false
        return producer.failed(reason, now: now.uptime)
    }
}
