import Runtime
import Scheduling
import TestSupport

@testable import ClockworkService

/// A random life of delivery queues: topics that come and go, a producer that fails and has no room, records that are
/// refused, owners that end. Everything that the queues do is checked against what was sent.
///
/// Records are numbered in the order in which they are sent; a delivery's token is its number.
struct DeliveryWorld {
    private struct Record {
        var topic: String
        var owner: UInt32
        var bytes: Int
        var isLetter: Bool
        /// Its token in the producer, and how it travels there.
        var inFlight: (token: UInt64, attempt: OutgoingRecord.Attempt)?
        var hasEnded = false
    }

    static let letters = "letters"
    private static let topics = ["a", "b", "c", "sometimes"]
    private static let capacity = ProducerCapacity(records: 32, bytes: 4_000)

    private var random: SeededRandom
    private var queues = DeliveryQueues<Int>(
        deadLetterTopic: Self.letters,
        policy: TopicPolicy(intakeTopic: "i", deadLetterTopic: Self.letters),
        capacity: Self.capacity,
        now: Uptime(milliseconds: 1_000)
    )
    private var now = Moment(wall: .zero, uptime: Uptime(milliseconds: 1_000))
    private var records: [Record] = []
    /// Those that have not ended, of owners that are still there.
    private var live: [Int] = []
    private var owners: Set<UInt32> = [1, 2, 3]
    private var lastOwner: UInt32 = 3
    /// Those that the producer has.
    private var inFlight: Set<Int> = []
    /// Topics that are being checked.
    private var checking: Set<String> = []
    /// When the brokers first said that a topic is not there or takes nothing, since it last took a record.
    private var doubted: [String: Int64] = [:]
    /// Topics that a check has found.
    private var found: Set<String> = []
    /// Those of them that no report has called unknown since.
    private var known: Set<String> = [letters]
    /// Dead letters that were refused by themselves: others may pass.
    private var refusedAlone: Set<Int> = []
    private var hasProducer = true
    /// Whether a successor has been asked for.
    private var isReplacing = false
    /// Tokens of producers that were given up.
    private var lateTokens: [UInt64] = []
    /// A topic that takes nothing for a while.
    private var dark: String?
    /// Whether things go wrong.
    private var hasFaults = true
    /// What was broken.
    private(set) var findings: [String] = []
    /// How often something happened, to see that it does.
    private(set) var counts: [String: Int] = [:]

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        for owner in owners { queues.ownerBegan(owner) }
    }

    /// Lives for so many steps, and then without faults until everything has ended.
    mutating func live(steps: Int) {
        for _ in 0..<steps where findings.isEmpty {
            step()
            perform()
        }
        hasFaults = false
        now.isSure = true
        for _ in 0..<2_000 where findings.isEmpty && !isAtRest {
            settleEverything()
            perform()
        }
        if findings.isEmpty, !live.isEmpty { findings.append("never ended: \(live)") }
        if findings.isEmpty, queues.inFlightCount > 0 { findings.append("in flight for ever") }
    }

    private var isAtRest: Bool {
        hasProducer && queues.inFlightCount == 0 && live.isEmpty
    }

    private mutating func settleEverything() {
        answerReplacement()
        for topic in checking.sorted() { answerCheck(topic) }
        for number in inFlight.sorted() { report(number, .written) }
        pass(100)
    }

    // MARK: Events

    private mutating func step() {
        if let dark, random.oneIn(8) { return probe(dark) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: send()
        case 40..<65: reportSome()
        case 65..<80: pass(Int64.random(in: 0...(random.oneIn(4) ? 10_000 : 400), using: &random))
        case 80..<90: checking.sorted().randomElement(using: &random).map { answerCheck($0) }
        case 90..<95: answerReplacement()
        case 95: fail(random.oneIn(3) ? nil : "fatal")
        case 96:
            // It stays longer than it is away.
            if dark == nil { dark = Self.topics.randomElement(using: &random) } else if random.oneIn(4) { dark = nil }
        case 97: changeOwners()
        case 98: if let token = lateTokens.randomElement(using: &random) { late(token) }
        default: now.isSure.toggle()
        }
    }

    /// A pause ends, and what is tried again is refused again.
    private mutating func probe(_ topic: String) {
        pass(5_000)
        perform()
        if checking.contains(topic) { answerCheck(topic) }
        perform()
        for number in inFlight.filter({ records[$0].topic == topic }).sorted() { report(number, verdict(of: topic)) }
    }

    private mutating func send() {
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            guard let owner = owners.sorted().randomElement(using: &random) else { return }
            let bytes = Int.random(in: 0...300, using: &random)
            let sender = Sender(owner: owner, partition: 0)
            let isLetter = random.oneIn(8)
            let topic = isLetter ? Self.letters : Self.topics.randomElement(using: &random) ?? "a"
            let number = records.count
            live.append(number)
            records.append(Record(topic: topic, owner: owner, bytes: bytes, isLetter: isLetter))
            let payload = [UInt8](repeating: 0, count: bytes)
            if isLetter {
                let rejected = RequestBatcher.RejectedRecord(
                    rejection: Rejection(code: .invalidJSON, errors: [], detail: "d"),
                    offset: Int64(number),
                    key: nil,
                    value: payload,
                    headers: RecordHeaders()
                )
                let letter = DeadLetter(rejected, partition: 0, headers: DeliveredHeaders(topic: "i"))
                queues.send(letter, of: sender, now: now)
            } else {
                let delivery = Delivery(token: UInt32(number), schedule: QueuesScript.schedule(payload: payload))
                queues.send(delivery, to: topic, of: sender, now: now)
            }
        }
    }

    private mutating func reportSome() {
        var topic = (Self.topics + [Self.letters]).randomElement(using: &random) ?? "a"
        if let dark, random.oneIn(2) { topic = dark }
        let inFlight = inFlight.filter { records[$0].topic == topic }.sorted()
        // Mostly the first of them, as one partition would; at times any.
        let isInOrder = !random.oneIn(4)
        for number in isInOrder ? inFlight : inFlight.shuffled(using: &random) {
            report(number, verdict(of: topic))
            if random.oneIn(4) { return }
        }
    }

    private mutating func verdict(of topic: String) -> ReportVerdict {
        guard hasFaults else { return .written }
        if topic == dark { return random.oneIn(2) ? .unknownTopic : .topicRefuses(reason: "no") }
        return switch Int.random(in: 0..<12, using: &random) {
        case 0: .retry(reason: "outage")
        case 1: .tooLarge(reason: "large")
        case 2: .recordRefused(reason: "refused")
        case 3: random.oneIn(2) ? .unknownTopic : .topicRefuses(reason: "no")
        default: .written
        }
    }

    private mutating func report(_ number: Int, _ verdict: ReportVerdict) {
        guard let (token, attempt) = records[number].inFlight else { return }
        records[number].inFlight = nil
        inFlight.remove(number)
        let topic = records[number].topic
        // For an owner that has ended a report says nothing.
        if owners.contains(records[number].owner) {
            if verdict == .unknownTopic, topic != Self.letters { known.remove(topic) }
            switch verdict {
            case .written: doubted[topic] = nil
            case .unknownTopic, .topicRefuses: doubted[topic] = doubted[topic] ?? now.uptime.milliseconds
            case .tooLarge, .recordRefused: if attempt == .alone { refusedAlone.insert(number) }
            case .retry: break
            }
        }
        counts["\(verdict)", default: 0] += 1
        queues.reported(token, verdict, now: now)
    }

    private mutating func late(_ token: UInt64) {
        let before = queues.inFlightCount
        queues.reported(token, .written, now: now)
        if queues.inFlightCount != before { findings.append("a late report was taken for a new one") }
    }

    private mutating func answerCheck(_ topic: String) {
        checking.remove(topic)
        var exists: Bool? = true
        if hasFaults, topic == "sometimes" {
            exists = [true, false, false, false, nil][Int.random(in: 0..<5, using: &random)]
        }
        switch exists {
        case true?:
            found.insert(topic)
            known.insert(topic)
        // Only a topic that is not known was checked because of a doubt.
        case false?: if !known.contains(topic) { doubted[topic] = doubted[topic] ?? now.uptime.milliseconds }
        case nil: break
        }
        let answer: TopicAnswer =
            switch exists {
            case nil: .none
            case false?: .isMissing
            case true?: .exists(partitions: hasFaults ? Int.random(in: 1...3, using: &random) : 1)
            }
        queues.topicChecked(topic, answer, now: now)
    }

    private mutating func pass(_ milliseconds: Int64) {
        now.uptime = now.uptime.advanced(byMilliseconds: milliseconds)
        queues.timeReached(now: now)
    }

    private mutating func fail(_ reason: String?) {
        guard hasProducer else { return }
        lateTokens += inFlight.sorted().compactMap { records[$0].inFlight?.token }
        for number in inFlight { records[number].inFlight = nil }
        inFlight = []
        hasProducer = false
        _ = queues.producerFailed(reason, now: now)
    }

    private mutating func answerReplacement() {
        guard isReplacing else { return }
        isReplacing = false
        if hasFaults, random.oneIn(3) {
            _ = queues.producerNotReplaced("none", now: now)
        } else {
            queues.producerReplaced(now: now)
            hasProducer = true
        }
    }

    private mutating func changeOwners() {
        guard let owner = owners.sorted().randomElement(using: &random) else { return }
        counts["owners ended", default: 0] += 1
        owners.remove(owner)
        queues.ownerEnded(owner)
        live.removeAll { records[$0].owner == owner }
        lastOwner += 1
        owners.insert(lastOwner)
        queues.ownerBegan(lastOwner)
    }

    // MARK: Actions and checks

    private mutating func perform() {
        while findings.isEmpty, let action = queues.next(now: now) {
            switch action {
            case .produce(let token): produced(queues.record(token), token)
            case .checkTopic(let topic):
                if !checking.insert(topic).inserted { findings.append("\(topic) is checked twice at once") }
            case .giveUpProducer:
                counts["producer given up", default: 0] += 1
                fail(nil)
            case .replaceProducer: isReplacing = true
            case .conclude(let owner, let end): ended(owner, end)
            case .noteRetry: counts["retries", default: 0] += 1
            case .noteRecovery: counts["recoveries", default: 0] += 1
            }
        }
    }

    private mutating func produced(_ record: OutgoingRecord, _ token: UInt64) {
        let number = Self.number(of: record)
        counts["produced \(record.attempt)", default: 0] += 1
        check(hasProducer, "\(number) was produced without a producer")
        check(now.isSure, "\(number) was produced by a pod that is not sure")
        check(owners.contains(records[number].owner), "\(number) was produced for an owner that has ended")
        check(!records[number].hasEnded && records[number].inFlight == nil, "\(number) was produced twice")
        check(queues.topicName(record.topic) == records[number].topic, "\(number) went to another topic")
        check(known.contains(records[number].topic), "\(number) was produced before the check's answer")
        let others = live.filter { records[$0].topic == records[number].topic }
        let overtaken = others.first { $0 < number && records[$0].inFlight == nil && !refusedAlone.contains($0) }
        check(overtaken == nil, "\(number) has overtaken \(overtaken ?? -1)")
        let beside = inFlight.filter { records[$0].topic == records[number].topic }
        check(
            beside.allSatisfy { records[$0].inFlight?.attempt == record.attempt },
            "\(number) travels beside others in another way"
        )
        check(doubted[records[number].topic] == nil || beside.isEmpty, "\(number) is not alone at a topic in doubt")
        check(beside.count < Self.capacity.records / 4, "more records of a topic than its share")
        if hasFaults, random.oneIn(40) { return queues.notTaken(token) }
        records[number].inFlight = (token, record.attempt)
        inFlight.insert(number)
    }

    private static func number(of record: OutgoingRecord) -> Int {
        switch record.content {
        case .delivery: return Int(record.token)
        case .deadLetter(let letter):
            guard case .request(let offset) = letter.subject else { preconditionFailure("not one of this world's") }
            return Int(offset)
        }
    }

    private mutating func ended(_ owner: UInt32, _ end: DeliveryEnd) {
        let number: Int
        switch end {
        case .delivered(let token, let row, _):
            number = Int(token)
            check(records[number].topic == queues.topicName(row), "\(number) was delivered to another topic")
            check(!records[number].isLetter, "the dead letter \(number) was reported as a delivery")
        case .failed(let token, let row, let failure):
            number = Int(token)
            let topic = queues.topicName(row)
            counts["failed \(failure.code)", default: 0] += 1
            check(records[number].topic == topic, "\(number) failed for another topic")
            check(!records[number].isLetter, "the dead letter \(number) was given up")
            // All other refusals are the topic's word, and that has to last.
            if failure.code == .unknownTopic || failure.detail.hasSuffix(": no.") {
                let age = doubted[topic].map { now.uptime.milliseconds - $0 }
                let patience = found.contains(topic) ? TopicDoubt.patience : TopicDoubt.patienceWithNewTopics
                counts["given up \(found.contains(topic) ? "late" : "early")", default: 0] += 1
                check(age.map { $0 >= patience } ?? false, "\(number) was given up after \(age ?? 0) ms")
            }
        case .deadLettered(.request(let offset)):
            number = Int(offset)
            check(records[number].isLetter, "\(number) is no dead letter")
        case .deadLettered(.delivery):
            preconditionFailure("not one of this world's")
        }
        check(!records[number].hasEnded, "\(number) has ended twice")
        check(records[number].owner == owner, "\(number) was reported to another owner")
        check(owners.contains(owner), "\(number) was reported to an owner that has ended")
        check(records[number].inFlight == nil, "\(number) has ended while the producer had it")
        records[number].hasEnded = true
        live.removeAll { $0 == number }
    }

    private mutating func check(_ isRight: Bool, _ finding: @autoclosure () -> String) {
        if !isRight { findings.append(finding()) }
    }
}
