import Runtime
import Scheduling

@testable import ClockworkService

/// Delivery queues with a clock that the test sets. Deliveries are named by their tokens, dead letters by the offsets of
/// their requests.
struct QueuesScript {
    /// An action, in a form that can be compared.
    enum Step: Equatable {
        case produce(Int)
        case produceAlone(Int)
        case produceLetter(offset: Int64, bytes: Int)
        case produceLetterAlone(offset: Int64, bytes: Int)
        case check(String)
        case giveUpProducer(String)
        case replaceProducer
        case delivered(Int)
        case failed(Int, DeliveryFailure)
        case deadLettered(DeadLetter.Subject)
        case retry(String, isFirst: Bool)
        case recovery(String)
    }

    static let letters = "letters"

    private(set) var queues: DeliveryQueues<Int>
    private(set) var now = Moment(wall: .zero, uptime: Uptime(milliseconds: 1_000))
    /// By delivery, or by offset of a dead letter, the latest token in the producer.
    private(set) var tokens: [Int: UInt64] = [:]

    /// Queues in front of a producer that holds four times `share`.
    init(share: Int = 1_000, shareBytes: Int = 1_000_000, owners: [UInt32] = [1], allow: [String] = []) {
        queues = DeliveryQueues(
            deadLetterTopic: Self.letters,
            policy: TopicPolicy(intakeTopic: "intake", deadLetterTopic: Self.letters, allow: allow),
            capacity: ProducerCapacity(records: 4 * share, bytes: 4 * shareBytes),
            now: now.uptime
        )
        for owner in owners { queues.ownerBegan(owner) }
    }

    /// Queues whose producer has nothing, and that know these topics.
    init(known topics: [String], share: Int = 1_000, shareBytes: Int = 1_000_000, owners: [UInt32] = [1]) {
        self.init(share: share, shareBytes: shareBytes, owners: owners)
        queues.ownerBegan(.max)
        for topic in topics {
            send([0], to: topic, owner: .max)
            _ = steps()
            checked(topic, exists: true)
            _ = steps()
            report(0, .written)
            _ = steps()
        }
        queues.ownerEnded(.max)
    }

    /// A delivery to a topic will be due.
    mutating func expect(_ topic: String) {
        queues.expect(topic)
    }

    /// Everything to be done now.
    mutating func steps() -> [Step] {
        var steps: [Step] = []
        while let action = queues.next(now: now) { steps.append(step(action)) }
        return steps
    }

    /// The next action as it is.
    mutating func takeAction() -> DeliveryAction? { queues.next(now: now) }

    private mutating func step(_ action: DeliveryAction) -> Step {
        switch action {
        case .produce(let token): produce(queues.record(token), token)
        case .checkTopic(let topic): .check(topic)
        case .giveUpProducer(let topic): .giveUpProducer(topic)
        case .replaceProducer: .replaceProducer
        case .conclude(_, .delivered(let token, _, _)): .delivered(Int(token))
        case .conclude(_, .failed(let token, _, let failure)): .failed(Int(token), failure)
        case .conclude(_, .deadLettered(let subject)): .deadLettered(subject)
        case .noteRetry(let topic, _, let isFirst): .retry(topic, isFirst: isFirst)
        case .noteRecovery(let topic): .recovery(topic)
        }
    }

    private mutating func produce(_ record: OutgoingRecord, _ token: UInt64) -> Step {
        switch (record.content, record.attempt) {
        case (.delivery, let attempt):
            tokens[Int(record.token)] = token
            return attempt == .alone ? .produceAlone(Int(record.token)) : .produce(Int(record.token))
        case (.deadLetter(let letter), let attempt):
            guard case .request(let offset) = letter.subject else { preconditionFailure("not one of the script's") }
            tokens[Int(offset)] = token
            let bytes = letter.value?.count ?? 0
            return attempt == .alone
                ? .produceLetterAlone(offset: offset, bytes: bytes) : .produceLetter(offset: offset, bytes: bytes)
        }
    }

    mutating func send(_ deliveries: [Int], to topic: String, owner: UInt32 = 1, payload: [UInt8]? = nil) {
        for delivery in deliveries {
            queues.send(
                Delivery(token: UInt32(delivery), schedule: Self.schedule(payload: payload)),
                to: topic,
                of: Sender(owner: owner, partition: 0),
                now: now
            )
        }
    }

    mutating func sendLetter(_ offset: Int64, bytes: Int = 8, key: [UInt8]? = nil) {
        let rejected = RequestBatcher.RejectedRecord(
            rejection: Rejection(code: .invalidJSON, errors: [], detail: "Not JSON."),
            offset: offset,
            key: key,
            value: Array(repeating: 7, count: bytes),
            headers: RecordHeaders()
        )
        let letter = DeadLetter(rejected, partition: 0, headers: DeliveredHeaders(topic: "intake"))
        queues.send(letter, of: Sender(owner: 1, partition: 0), now: now)
    }

    /// The key of a dead letter that the producer has.
    func key(ofLetter offset: Int) -> [UInt8]? {
        tokens[offset].flatMap { queues.record($0).withBytes { key, _ in key.map { Array($0) } } }
    }

    static func schedule(payload: [UInt8]? = nil) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "k"),
            position: Position(time: .zero, offset: 0),
            orderingKey: "o",
            target: .topic("any"),
            payload: payload,
            headers: RecordHeaders()
        )
    }

    mutating func checked(_ topic: String, exists: Bool?, partitions: Int = 1) {
        let answer: TopicAnswer =
            switch exists {
            case nil: .none
            case false?: .isMissing
            case true?: .exists(partitions: partitions)
            }
        queues.topicChecked(topic, answer, now: now)
    }

    /// Reports on the latest attempt of a delivery or dead letter.
    mutating func report(_ name: Int, _ verdict: ReportVerdict) {
        queues.reported(tokens[name] ?? .max, verdict, now: now)
    }

    mutating func report(_ names: [Int], _ verdict: ReportVerdict) {
        for name in names { report(name, verdict) }
    }

    mutating func reportRaw(_ token: UInt64, _ verdict: ReportVerdict) {
        queues.reported(token, verdict, now: now)
    }

    /// The producer is full.
    mutating func refuse(_ token: UInt64) {
        queues.notTaken(token)
    }

    func handle(ofTopic row: Int32) -> Int? { queues[handleOf: row] }

    mutating func keep(_ handle: Int, ofTopic row: Int32) {
        queues[handleOf: row] = handle
    }

    mutating func ownerEnds(_ owner: UInt32) {
        queues.ownerEnded(owner)
    }

    /// A turn of the loop after so many milliseconds.
    mutating func pass(_ milliseconds: Int64 = 0, isSure: Bool = true) {
        now.uptime = now.uptime.advanced(byMilliseconds: milliseconds)
        now.isSure = isSure
        queues.timeReached(now: now)
    }

    /// - Returns: whether an outage begins with this.
    @discardableResult
    mutating func producerFails(_ reason: String? = "fatal") -> Bool {
        queues.producerFailed(reason, now: now)
    }

    mutating func producerIsReplaced(_ isReplaced: Bool = true) {
        if isReplaced {
            queues.producerReplaced(now: now)
        } else {
            _ = queues.producerNotReplaced("no producer", now: now)
        }
    }

    var obstacles: [String] {
        var obstacles = Obstacles()
        queues.note(in: &obstacles, now: now.uptime)
        return obstacles.told(now: now.uptime).map(\.reason)
    }
}
