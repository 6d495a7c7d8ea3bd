internal import DequeModule
internal import Scheduling

/// Where records for topics wait, and which the producer has. Events in, actions out: it knows no Kafka client, no clock
/// and no log.
///
/// After each event the driver performs what `next` hands out, until there is nothing more. The rules:
///
/// - Deliveries of one topic are produced in the order in which they were sent. A record that comes back goes out again
///   before whatever was sent after it and has not left yet.
/// - No topic has more than a quarter of the producer's queue, so none that is slow keeps others waiting.
/// - A topic is given up as unknown after two checks. Dead letters are never given up.
/// - Nothing more is produced, and nothing reported, for an owner that has ended.
/// - Nothing is produced while the pod is not sure of its place (design rule "Sure of its place").
///
/// `Handle` is what the driver keeps of a topic in a producer; it is only stored here.
struct DeliveryQueues<Handle> {
    /// The pause before records are produced again, in milliseconds.
    static var retryPause: Int64 { 500 }
    /// How long after the first topic check the second follows, in milliseconds.
    static var confirmation: Int64 { 2_000 }
    /// How long an unknown topic is not checked again, in milliseconds.
    static var missingFor: Int64 { 5_000 }
    /// The pause after a topic check that got no answer, in milliseconds.
    static var pauseAfterFailedCheck: Int64 { 1_000 }
    /// The part of the producer's queue that one topic may fill.
    static var topicsShare: Int { 4 }

    private enum ProducerState: Equatable {
        /// It takes records. One that finds no room makes it `full`; an error that it does not recover from, `failed`.
        case open
        /// Its queue had no room. The next turn makes it `open`: reports make room, and they wake the loop.
        case full
        /// It is being replaced. That makes it `open` or, when there is no successor, `missing`.
        case failed
        /// Another attempt to replace it is made at this time, and makes it `failed`.
        case missing(until: Uptime)
    }

    private let share: ProducerCapacity
    private var topics: TopicTable<Handle>
    private var inFlight = InFlightRecords()
    private var producer = ProducerState.open
    /// The owners that are still there.
    private var owners: Set<UInt32> = []
    /// The rows of topics that have a turn to produce, in turn.
    private var ready: Deque<Int> = []
    /// When rows of topics have to be attended to again. One too many does no harm, whatever the row has become.
    private var alarms = Alarms<Int>()
    private var actions: Deque<DeliveryAction> = []
    private var lastSequence: UInt64 = 0

    /// Empty queues.
    ///
    /// - Parameters:
    ///   - deadLetterTopic: taken as known, and never checked: dead letters have nowhere else to go.
    ///   - capacity: what the producer may hold over all topics.
    init(deadLetterTopic: String, capacity: ProducerCapacity) {
        topics = TopicTable(permanent: deadLetterTopic)
        share = ProducerCapacity(
            records: max(1, capacity.records / Self.topicsShare),
            bytes: max(1, capacity.bytes / Self.topicsShare)
        )
    }

    /// How many records the producer has.
    var inFlightCount: Int { inFlight.count }

    /// How many topics something is remembered of.
    var topicCount: Int { topics.count }

    /// When `timeReached` has something to do.
    var wakeAt: Uptime? {
        if case .missing(let until) = producer { min(until, alarms.next ?? until) } else { alarms.next }
    }

    /// A record that the producer has, or is being given.
    func record(_ token: UInt64) -> OutgoingRecord { inFlight[token] }
    /// The name of a topic that an action has just named.
    func topicName(_ row: Int32) -> String { topics[Int(row)].name }

    /// What the driver keeps of the topic of a record that the producer is being given. Dropped when the producer fails.
    subscript(handleOf row: Int32) -> Handle? {
        get { topics[Int(row)].handle }
        set { topics[Int(row)].handle = newValue }
    }

    // MARK: Actions

    /// What to do now; `nil` when there is nothing until the next event.
    mutating func next(now: Moment) -> DeliveryAction? {
        if let action = actions.popFirst() { return action }
        guard now.isSure, producer == .open else { return nil }
        while let row = ready.first {
            if let record = topics[row].takeNext(share: share, now: now.uptime) {
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

    /// An owner is gone, and what waits for it is dropped: the partition's next owner does it again, and must not be
    /// overtaken by it.
    mutating func ownerEnded(_ owner: UInt32) {
        guard owners.remove(owner) != nil else { return }
        for row in topics.indices where topics[row].hasWaiting { topics[row].drop(owner: owner) }
    }

    // MARK: Sending

    /// A delivery is due.
    mutating func send(_ delivery: Delivery, to topic: String, of sender: Sender, now: Moment) {
        let row = topics.row(of: topic, now: now.uptime)
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

    /// Does for a topic with waiting records what its state asks for.
    private mutating func attend(to row: Int, _ now: Moment) {
        guard topics[row].hasWaiting else { return }
        switch topics[row].state {
        case .unknown:
            check(.first, row)
        case .waiting(let check, let until):
            if until <= now.uptime { self.check(check, row) }
        case .missing(let until):
            if until <= now.uptime { check(.first, row) } else { giveUp(row) }
        case .checking:
            break
        case .known:
            guard !topics[row].isListed else { return }
            topics[row].isListed = true
            ready.append(row)
        }
    }

    // MARK: Topic checks

    /// A delivery to a topic will be due: it is looked up now.
    mutating func expect(_ topic: String, now: Moment) {
        let row = topics.row(of: topic, now: now.uptime)
        if topics[row].state == .unknown { check(.first, row) }
    }

    private mutating func check(_ check: TopicState.Check, _ row: Int) {
        topics[row].state = .checking(check)
        actions.append(.checkTopic(topics[row].name))
    }

    /// A topic check has ended; `exists` is `nil` when the brokers did not answer.
    mutating func topicChecked(_ topic: String, exists: Bool?, now: Moment) {
        guard let row = topics.known(topic), case .checking(let check) = topics[row].state else { return }
        switch (exists, check) {
        case (nil, _):
            wait(for: check, Self.pauseAfterFailedCheck, row, now)
        case (true?, _):
            topics[row].state = .known
            attend(to: row, now)
        case (false?, .first) where !topics[row].hasWaiting:
            topics[row].state = .unknown  // Its first record, once due, has both checks.
        case (false?, .first):
            wait(for: .second, Self.confirmation, row, now)
        case (false?, .second):
            topics[row].state = .missing(until: now.uptime.advanced(byMilliseconds: Self.missingFor))
            attend(to: row, now)
        }
    }

    private mutating func wait(for check: TopicState.Check, _ milliseconds: Int64, _ row: Int, _ now: Moment) {
        let time = now.uptime.advanced(byMilliseconds: milliseconds)
        topics[row].state = .waiting(for: check, until: time)
        alarms.set(row, at: time)
    }

    private mutating func giveUp(_ row: Int) {
        let failure = DeliveryFailure.unknown(topics[row].name)
        for record in topics[row].takeWaiting() { fail(record, failure) }
    }

    // MARK: Reports

    /// The producer has no room for this record, or takes nothing any more. Nothing else is offered until `timeReached`.
    mutating func notTaken(_ token: UInt64) {
        guard let record = inFlight.remove(token) else { return }
        topics[Int(record.topic)].notTaken(record)
        producer = .full
    }

    /// An attempt to produce a record has ended.
    mutating func reported(_ token: UInt64, _ verdict: ReportVerdict, now: Moment) {
        guard let record = inFlight.remove(token) else { return }
        let row = Int(record.topic)
        topics[row].left(record)
        // For an owner that has ended, nobody waits: the next one sends the record itself.
        if owners.contains(record.sender.owner) { settle(record, verdict, now) }
        attend(to: row, now)
    }

    private mutating func settle(_ record: OutgoingRecord, _ verdict: ReportVerdict, _ now: Moment) {
        let row = Int(record.topic)
        switch verdict {
        case .written:
            actions.append(.conclude(owner: record.sender.owner, record.written))
        case .tooLarge(let reason):
            if let next = record.afterTooLarge() {
                topics[row].putBack(next)
            } else {
                refuse(record, .refused(by: topics[row].name, reason), now)
            }
        case .unknownTopic:
            if row != TopicTable<Handle>.permanent, topics[row].state == .known { topics[row].state = .unknown }
            refuse(record, .unknown(topics[row].name), now)
        case .refused(let reason):
            refuse(record, .refused(by: topics[row].name, reason), now)
        case .retry(let reason):
            retry(record, .outage(reason: reason), now)
        }
    }

    private mutating func fail(_ record: OutgoingRecord, _ failure: DeliveryFailure) {
        let end = DeliveryEnd.failed(token: record.token, topic: record.topic, failure)
        actions.append(.conclude(owner: record.sender.owner, end))
    }

    /// A delivery fails. Nothing is dropped in silence: a dead letter is tried until it can be written.
    private mutating func refuse(_ record: OutgoingRecord, _ failure: DeliveryFailure, _ now: Moment) {
        switch record.content {
        case .delivery: fail(record, failure)
        case .deadLetter: retry(record, .deadLetterRefused(reason: failure.detail), now)
        }
    }

    private mutating func retry(_ record: OutgoingRecord, _ cause: RetryCause, _ now: Moment) {
        let row = Int(record.topic)
        topics[row].putBack(record)
        let time = now.uptime.advanced(byMilliseconds: Self.retryPause)
        let isFirst = topics[row].pause(until: time, now: now.uptime)
        if isFirst { alarms.set(row, at: time) }
        actions.append(.noteRetry(topic: topics[row].name, cause, isFirst: isFirst))
    }

    // MARK: Time

    /// A turn of the loop, at any time: what waited for it goes on.
    mutating func timeReached(now: Moment) {
        switch producer {
        case .full:
            producer = .open
        case .missing(let until) where until <= now.uptime:
            producer = .failed
            actions.append(.replaceProducer)
        case .open, .failed, .missing:
            break
        }
        for row in alarms.takeDue(now: now.uptime) { attend(to: row, now) }
    }

    // MARK: The producer's end

    /// The producer is to be given up: after a fatal error, or because nothing in it is to leave any more. What it had,
    /// and whose owner is still there, is produced by its successor, in the first order and without a pause.
    mutating func producerFailed() {
        guard producer == .open || producer == .full else { return }
        producer = .failed
        for record in inFlight.removeAll() where owners.contains(record.sender.owner) {
            topics[Int(record.topic)].putBack(record)
        }
        for row in topics.indices { topics[row].producerFailed() }
        actions.append(.replaceProducer)
    }

    /// There is another producer.
    mutating func producerReplaced(now: Moment) {
        producer = .open
        for row in topics.indices { attend(to: row, now) }
    }

    /// Another producer could not be made; it is tried again after a pause.
    mutating func producerNotReplaced(now: Moment) {
        producer = .missing(until: now.uptime.advanced(byMilliseconds: Self.retryPause))
    }
}
