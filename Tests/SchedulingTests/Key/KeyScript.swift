import Testing
import TimerWheel

@testable import Scheduling

/// One key, played by a test with no scheduler around it. Steps, changes and states become short texts, so that a table
/// of them can be read: `10@50` is the schedule of the create at offset 10, due at 50.
struct KeyScript {
    /// Which schedules are in the window: those due up to here.
    static let horizon: Int64 = 1_000
    /// The partition whose owner has the key.
    static let partition: Int32 = 0

    var key = KeyState()
    private var steps = KeySteps(partition: partition)
    private var wheel = TimerWheel<Int32>(now: 0)
    /// The deliveries in flight, the latest last.
    private var flights: [(token: UInt32, schedule: Schedule)] = []
    private var lastToken: UInt32 = 0

    var counters: SchedulerCounters { steps.counters }

    // MARK: Values

    static func position(_ offset: Int64, _ time: Int64) -> Position {
        Position(time: EpochMilliseconds(rawValue: time), offset: offset)
    }

    /// A schedule; with `attempt` above 1 a retry of the one due at 50.
    static func schedule(_ offset: Int64, _ time: Int64, attempt: Int32 = 1, isCallback: Bool = false) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "k"),
            position: position(offset, time),
            orderingKey: "o",
            target: isCallback ? Script.callback : .topic("t"),
            payload: [],
            headers: RecordHeaders(),
            retry: attempt == 1
                ? nil : Retry(scheduleTime: EpochMilliseconds(rawValue: 50), attempt: attempt, failure: "answered 503")
        )
    }

    /// What a look-up answers that finds a key record of `schedule`.
    static func answer(
        _ schedule: Schedule,
        _ state: KeyRecord.State = .latest,
        request: Int64? = nil,
        isPending: Bool,
        partition: Int32 = partition
    ) -> KeyLookup {
        var record = KeyRecord(latest: schedule, state: state, request: request)
        record.partition = partition
        return KeyLookup(record: record, isPending: isPending)
    }

    /// An item of a page; unless told otherwise its key record names it.
    static func item(_ schedule: Schedule, _ record: KeyRecord? = nil) -> TimelineItem {
        TimelineItem(schedule: schedule, record: record ?? KeyRecord(latest: schedule))
    }

    // MARK: Events

    /// Gives the key an event and carries out what follows as far as it is about the key alone.
    ///
    /// - Returns: the steps, in order.
    @discardableResult
    mutating func event(_ body: (inout KeyState, inout KeySteps) -> Void) -> String {
        body(&key, &steps)
        var index = 0
        while index < steps.list.count {
            if case .place(let schedule) = steps.list[index], key.pending?.schedule === schedule {
                key.placed(place(for: schedule), &steps)
            }
            if case .write = steps.list[index] { _ = key.queueWrite() }
            index += 1
        }
        defer { steps.removeAll() }
        return steps.list.map(Self.text).joined(separator: ", ")
    }

    private mutating func place(for schedule: Schedule) -> PendingSchedule.Place {
        let time = schedule.position.time.rawValue
        return time > Self.horizon
            ? .store : .window(wheel.insert(tick: time, order: schedule.position.offset, value: 0))
    }

    @discardableResult
    mutating func create(_ offset: Int64, _ time: Int64, isDue: Bool = false, isCallback: Bool = false) -> String {
        event { $0.created(Self.schedule(offset, time, isCallback: isCallback), isDue: isDue, &$1) }
    }

    @discardableResult
    mutating func cancel(_ offset: Int64) -> String { event { $0.cancelled(at: offset, &$1) } }

    @discardableResult
    mutating func answer(_ answer: KeyLookup) -> String { event { $0.answered(answer, &$1) } }

    @discardableResult
    mutating func show(_ item: TimelineItem, isNew: Bool = false) -> String {
        event { $0.shown(item, isNew: isNew, &$1) }
    }

    /// The pending schedule goes out.
    mutating func handOut() {
        guard let schedule = key.pending?.schedule else {
            Issue.record("nothing to hand out")
            return
        }
        lastToken += 1
        key.handOut(as: lastToken)
        flights.append((lastToken, schedule))
    }

    /// The delivery that went out first has come to its end.
    @discardableResult
    mutating func end(_ outcome: KeyDeliveries.Outcome) -> String {
        let flight = flights.removeFirst()
        return event { $0.ended(flight.token, flight.schedule, outcome, &$1) }
    }

    /// The delivery that went out first is to be made again at `time`.
    @discardableResult
    mutating func putOff(to time: Int64, failure: String? = "answered 503") -> String {
        let flight = flights.removeFirst()
        let time = EpochMilliseconds(rawValue: time)
        return event {
            $0.putOff(flight.schedule, Postponement(token: flight.token, time: time, failure: failure), &$1)
        }
    }

    // MARK: Writes

    /// Takes what is to be written as a change, which is in flight then; `nil` where there is nothing, or it has to wait.
    mutating func send() -> String? {
        let schedule = Self.schedule(0, 0)
        return key.takeChange(schedule.key, partition: Self.partition).map(Self.text)
    }

    /// Has all writes stored, one after another: each as text, with the offsets that it settles.
    mutating func write() -> [String] {
        var writes: [String] = []
        while true {
            let sent = send()
            guard key.draft.isInFlight else { return writes }
            let steps = event { $0.stored(&$1) }.replacing(", write", with: "")
            writes.append([sent, steps].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", "))
        }
    }

    // MARK: Texts

    /// What is known, pending and in flight: the name of the state in `docs/design.md`.
    var state: String {
        var parts: [String] = []
        switch key.knowledge {
        case .asking(let question): parts.append(question.cancel < 0 ? "asking" : "asking, cancel waits")
        case .behind: parts.append("behind")
        case .known: break
        }
        parts += Array(repeating: "out", count: key.deliveries.count)
        if let pending = key.pending, !key.isOver {
            parts.append(pending.isBeyondHorizon ? "beyond the horizon" : "pending")
        }
        if parts.isEmpty { parts.append(key.isOver ? "over" : "nothing but writes") }
        return parts.joined(separator: ", ")
    }

    private static func text(_ step: KeyStep) -> String {
        switch step {
        case .ask(let offset): "ask for \(offset)"
        case .place(let schedule): "place \(text(schedule.position))"
        case .takeOut(let schedule, _): "take out \(text(schedule.position))"
        case .release(let schedule): "release \(text(schedule.position))"
        case .write: "write"
        case .settle(let offset): "settle \(offset)"
        case .settleAll(let list): text(list)
        }
    }

    private static func text(_ list: OffsetList) -> String {
        var offsets: [String] = []
        list.forEach { offsets.append("\($0)") }
        return offsets.isEmpty ? "" : "settle \(offsets.joined(separator: " "))"
    }

    private static func text(_ position: Position) -> String { "\(position.offset)@\(position.time.rawValue)" }

    private static func text(_ change: KeyChange) -> String {
        var parts: [String] = []
        if let put = change.put { parts.append("put \(text(put.position))") }
        if let record = change.record {
            let state =
                switch record.state {
                case .latest: ""
                case .cancelled: " cancelled by \(record.requestOffset)"
                case .failed: " failed"
                }
            parts.append("record \(text(record.position))\(state)")
        }
        parts += change.deletes.map { "delete \(text($0))" }
        return parts.joined(separator: ", ")
    }
}

extension KeyDeliveries {
    /// How many deliveries are in flight.
    var count: Int { (first == nil ? 0 : 1) + rest.count }
}

extension OffsetList {
    /// A list of one offset.
    init(_ offset: Int64) {
        self.init()
        append(offset)
    }
}
