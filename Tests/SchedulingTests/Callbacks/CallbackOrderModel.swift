import TestSupport
import Testing

@testable import Scheduling

/// A small scheduler, hosts that fail at random and clients that cancel and replace, around a `CallbackOrder`. After
/// each step it is checked against what has really happened.
struct CallbackOrderModel {
    private typealias Order = CallbackOrder<Int64>

    private static let limits = {
        var limits = CallbackOrder<Int64>.Limits()
        limits.maxWaiting = 5
        limits.maxWaitingBytes = 20
        return limits
    }()

    private var random: SeededRandom
    private let seed: UInt64
    private var order = Order(limits: limits)
    private var now: Int64 = 1_000
    private var nextOffset: Int64 = 0

    /// What is pending in the scheduler, by offset.
    private var pending: [Int64: Schedule] = [:]
    /// What is handed out and not answered, by offset.
    private var handedOut: [Int64: Schedule] = [:]
    /// Those of them that are attempted.
    private var attempted: Set<Int64> = []
    /// Put-offs that the scheduler does not know yet.
    private var putOff: [(offset: Int64, to: EpochMilliseconds)] = []
    /// Those of them that an outcome has been taken for.
    private var onTheWay: [(offset: Int64, to: EpochMilliseconds)] = []
    /// Ordered ones that have been handed out and have not ended, whatever the order knows about them.
    private var holders: [Int64: Schedule] = [:]
    /// The latest create of each key.
    private var latest: [ScheduleKey: Int64] = [:]
    private var cancelled: Set<Int64> = []
    private var ended: Set<Int64> = []

    init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    // MARK: Steps

    /// Something that can happen happens.
    mutating func step() throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...2: create()
        case 3: cancel()
        case 4: now += Int64.random(in: 0...300, using: &random)
        case 5...6: try fire()
        case 7...9: try answer()
        default: try takeOutcome()
        }
        check()
    }

    /// Clients do no more, and hosts answer: everything has to go out.
    mutating func finish() throws {
        var steps = 0
        while !pending.isEmpty || !handedOut.isEmpty || !putOff.isEmpty || !onTheWay.isEmpty {
            steps += 1
            try #require(steps < 20_000, "seed \(seed): something is left for ever")
            if let first = pending.values.map(\.position.time.rawValue).min(), attempted.isEmpty {
                now = max(now, first)
            }
            try fire()
            try answer()
            try takeOutcome()
            check()
        }
        #expect(ended.union(cancelled).count == Int(nextOffset), "seed \(seed)")
        #expect(order.waitingCount == 0 && order.waitingBytes == 0, "seed \(seed)")
    }

    private mutating func create() {
        let offset = nextOffset
        nextOffset += 1
        let schedule = Schedule.callback(
            offset,
            due: now + Int64.random(in: -100...200, using: &random),
            ordered: Bool.random(using: &random),
            key: "k\(Int.random(in: 0..<20, using: &random))",
            orderingKey: "o\(Int.random(in: 0..<3, using: &random))",
            bytes: Int.random(in: 0...8, using: &random)
        )
        if let replaced = latest[schedule.key] { end(unwanted: replaced) }
        latest[schedule.key] = offset
        pending[offset] = schedule
    }

    private mutating func cancel() {
        guard let offset = latest.values.sorted().randomElement(using: &random) else { return }
        end(unwanted: offset)
    }

    /// A cancel or replace: what is pending ends at once, what is handed out when its attempt has ended.
    private mutating func end(unwanted offset: Int64) {
        guard !ended.contains(offset) else { return }
        cancelled.insert(offset)
        if pending.removeValue(forKey: offset) != nil { holders[offset] = nil }
    }

    // MARK: The scheduler

    private mutating func fire() throws {
        let due = pending.values.filter { $0.position.time.rawValue <= now }.sorted { $0.position < $1.position }
        for schedule in due {
            let offset = schedule.position.offset
            pending[offset] = nil
            handedOut[offset] = schedule
            if schedule.target.callback?.isOrdered == true { holders[offset] = schedule }
            try perform(order.admit(schedule, offset, now: EpochMilliseconds(rawValue: now)))
        }
    }

    /// Takes an outcome. What the scheduler is told about first may make it hand out something.
    private mutating func takeOutcome() throws {
        #expect(onTheWay.isEmpty)
        onTheWay = putOff
        putOff = []
        order.outcomeTaken()
        if Bool.random(using: &random) {
            now += Int64.random(in: 0...5, using: &random)
            try fire()
        }
        for (offset, time) in onTheWay {
            let schedule = try #require(handedOut[offset])
            handedOut[offset] = nil
            if cancelled.contains(offset) {
                holders[offset] = nil
            } else {
                pending[offset] = schedule.putOff(to: time)
            }
        }
        onTheWay = []
    }

    // MARK: The channel

    private mutating func perform(_ decisions: [Order.Decision]) throws {
        for decision in decisions {
            switch decision {
            case .attempt(let offset):
                let schedule = try #require(handedOut[offset])
                #expect(attempted.insert(offset).inserted, "seed \(seed): \(offset) is attempted twice at once")
                let inFront = holders.values.filter {
                    $0.orderingKey == schedule.orderingKey && $0.origin < schedule.origin && !isOver($0)
                }
                #expect(inFront.isEmpty, "seed \(seed): \(offset) overtakes \(inFront.map(\.position.offset))")
            case .putOff(let offset, let time):
                #expect(!attempted.contains(offset), "seed \(seed): \(offset) is attempted and put off")
                putOff.append((offset, time))
            }
        }
    }

    /// Whether `schedule` is put off to be forgotten: it was cancelled or replaced before the scheduler knows.
    private func isOver(_ schedule: Schedule) -> Bool {
        let offset = schedule.position.offset
        return cancelled.contains(offset) && (putOff + onTheWay).contains { $0.offset == offset }
    }

    /// An attempt ends somehow.
    private mutating func answer() throws {
        guard let offset = attempted.sorted().randomElement(using: &random) else { return }
        let schedule = try #require(handedOut[offset])
        attempted.remove(offset)
        if random.oneIn(2) {
            let time = EpochMilliseconds(rawValue: now + Int64.random(in: 0...200, using: &random))
            putOff.append((offset, time))
            try perform(order.putOff(schedule, to: time))
        } else {
            handedOut[offset] = nil
            holders[offset] = nil
            cancelled.remove(offset)
            ended.insert(offset)
            try perform(order.ended(schedule))
        }
    }

    private func check() {
        let answered = Set(putOff.map(\.offset)).union(onTheWay.map(\.offset))
        let waiting = handedOut.filter { !attempted.contains($0.key) && !answered.contains($0.key) }
        #expect(order.waitingCount == waiting.count, "seed \(seed)")
        #expect(order.waitingBytes == waiting.values.reduce(0) { $0 + ($1.payload?.count ?? 0) }, "seed \(seed)")
        #expect(order.waitingCount <= Self.limits.maxWaiting, "seed \(seed)")
        #expect(order.waitingBytes <= Self.limits.maxWaitingBytes, "seed \(seed)")
    }
}

extension Schedule {
    /// A callback for tests, named by the offset of its create.
    static func callback(
        _ offset: Int64,
        due: Int64,
        ordered: Bool = false,
        key: String? = nil,
        orderingKey: String = "o",
        bytes: Int = 1
    ) -> Schedule {
        guard let url = CallbackURL("https://host.example/") else { preconditionFailure("not a URL") }
        return Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: key ?? "\(offset)"),
            position: Position(time: EpochMilliseconds(rawValue: due), offset: offset),
            orderingKey: orderingKey,
            target: .callback(CallbackTarget(url: url, isOrdered: ordered)),
            payload: Array(repeating: 0, count: bytes),
            headers: RecordHeaders()
        )
    }

    /// The same schedule as the scheduler has it after it was put off.
    func putOff(to time: EpochMilliseconds) -> Schedule {
        let retry = Retry(scheduleTime: scheduleTime, attempt: attempt, failure: "")
        return again(at: max(time, position.time.advanced(byMilliseconds: 1)), retry: retry)
    }
}
