import DequeModule

/// The callbacks that hold one ordering key, and those that wait for them in memory. See `CallbackOrder`.
///
/// A waiting callback has only holders in hand before it, never one that is put off. Each of those is answered sooner
/// or later, so nothing waits for ever.
struct CallbackLine<Call> {
    /// The state of an ordered callback that has not ended.
    enum HolderState {
        /// It is attempted, queued for an attempt, or waits here.
        case inHand
        /// The scheduler has it and hands it out again at this position, unless it was cancelled or replaced. `round`
        /// is the round of outcomes of that decision.
        case putOff(to: Position, round: Int)
    }

    /// The obstacle before a callback.
    enum Obstacle {
        /// Holders in hand only.
        case inHand
        /// A holder that comes again at this position.
        case putOff(Position)
    }

    private struct Holder {
        var key: ScheduleKey
        var origin: Position
        var state: HolderState

        /// Whether it should have come again before `position`, which is handed out now, and the scheduler knows it:
        /// the outcome with the put-off has been taken, and another one since.
        func isMissed(at position: Position, round: Int) -> Bool {
            guard case .putOff(let own, let decided) = state else { return false }
            return own < position && decided + 2 <= round
        }

        /// Whether `schedule` is a later create of its key, and replaces it between two attempts.
        func isReplaced(by schedule: Schedule) -> Bool {
            guard case .putOff = state else { return false }
            return key == schedule.key && origin.offset < schedule.position.offset
        }
    }

    /// In the order of their origins.
    private var holders: Deque<Holder> = []
    /// In the order of their origins.
    private(set) var waiting: Deque<(schedule: Schedule, call: Call)> = []
    /// The weight of their payloads, in bytes.
    private(set) var waitingBytes = 0
    /// The latest position that a callback was put off to because of an obstacle.
    private var lastPutOff = Position.beforeAll

    /// The largest distance between two callbacks that were put off one after the other, in milliseconds. A larger
    /// distance means that a holder is gone, or that a clock was set back.
    private static var longestLine: Int64 { 60_000 }

    /// The number of callbacks that hold the key.
    var holderCount: Int { holders.count }

    /// Whether the line is no longer needed.
    var isEmpty: Bool { holders.isEmpty && waiting.isEmpty }

    /// The weight of a waiting callback.
    static func bytes(of schedule: Schedule) -> Int { schedule.payload?.count ?? 0 }

    // MARK: In front

    /// The obstacle before `schedule`, which is handed out now. Forgets holders that have ended elsewhere.
    ///
    /// - Parameter stopAtFirst: whether any obstacle is enough.
    /// - Complexity: linear in the holders before it; at most as many of them are in hand as may wait.
    mutating func obstacle(to schedule: Schedule, round: Int, stopAtFirst: Bool) -> Obstacle? {
        var index = 0
        while index < holders.count, holders[index].origin < schedule.origin {
            let holder = holders[index]
            if holder.isReplaced(by: schedule) || holder.isMissed(at: schedule.position, round: round) {
                holders.remove(at: index)
                continue
            }
            if case .putOff(let position, _) = holder.state { return .putOff(position) }
            if stopAtFirst { return .inHand }
            index += 1
        }
        return index == 0 ? nil : .inHand
    }

    /// The position that `schedule` is put off to: after `position` and after the latest put-off in this line, and no
    /// earlier than `earliest`.
    mutating func place(
        behind position: Position,
        for schedule: Schedule,
        earliest: EpochMilliseconds = .zero
    ) -> Position {
        let latest = max(position.time, earliest).advanced(byMilliseconds: Self.longestLine)
        let front = lastPutOff.time <= latest ? max(position, lastPutOff) : position
        lastPutOff = schedule.position(putOffTo: earliest, behind: front)
        return lastPutOff
    }

    // MARK: Holders

    /// Changes the state of the holder with this origin.
    ///
    /// - Returns: whether there is one.
    mutating func update(_ origin: Position, _ state: HolderState) -> Bool {
        let index = index(of: origin)
        guard index < holders.count, holders[index].origin == origin else { return false }
        holders[index].state = state
        return true
    }

    /// Makes `schedule` a holder, which it must not be yet.
    mutating func hold(_ schedule: Schedule, _ state: HolderState) {
        let holder = Holder(key: schedule.key, origin: schedule.origin, state: state)
        holders.insert(holder, at: index(of: schedule.origin))
    }

    /// The holder with this origin, if there is one, no longer holds.
    mutating func end(_ origin: Position) {
        let index = index(of: origin)
        guard index < holders.count, holders[index].origin == origin else { return }
        holders.remove(at: index)
    }

    /// Forgets holders that should have come again before `bound`.
    mutating func dropPutOff(before bound: Position, round: Int) {
        holders.removeAll { $0.isMissed(at: bound, round: round) }
    }

    /// The place of `origin` among the holders.
    private func index(of origin: Position) -> Int {
        var low = 0
        var high = holders.count
        while low < high {
            let middle = (low + high) / 2
            if holders[middle].origin < origin { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Waiting

    /// Makes a callback wait in memory.
    mutating func wait(_ schedule: Schedule, _ call: Call) {
        let before = waiting.lastIndex { $0.schedule.origin < schedule.origin }
        waiting.insert((schedule, call), at: before.map { $0 + 1 } ?? 0)
        waitingBytes += Self.bytes(of: schedule)
    }

    /// Removes those with no obstacle left.
    mutating func takeReleased() -> [Call] {
        var released: [Call] = []
        while let first = waiting.first, holders.first.map({ first.schedule.origin <= $0.origin }) ?? true {
            waiting.removeFirst()
            waitingBytes -= Self.bytes(of: first.schedule)
            released.append(first.call)
        }
        return released
    }

    /// Removes those after the create at `origin`, which is put off to `position`, and puts them off right after it.
    mutating func putOffWaiting(
        behind position: Position,
        of origin: Position,
        round: Int
    ) -> [(call: Call, time: EpochMilliseconds)] {
        let start = waiting.firstIndex { origin < $0.schedule.origin } ?? waiting.endIndex
        let behind = Array(waiting[start...])
        waiting.removeSubrange(start...)
        var last = position
        let putOff = behind.map { schedule, call in
            waitingBytes -= Self.bytes(of: schedule)
            last = schedule.position(putOffTo: .zero, behind: last)
            _ = update(schedule.origin, .putOff(to: last, round: round))
            return (call, last.time)
        }
        if !behind.isEmpty { lastPutOff = max(lastPutOff, last) }
        return putOff
    }
}
