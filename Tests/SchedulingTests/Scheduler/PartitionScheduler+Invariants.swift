import TimerWheel

@testable import Scheduling

extension PartitionScheduler {
    /// Payload and header bytes of what is in the window.
    var residentBytes: Int { keys.window.bytes }
    /// Callbacks handed out and not yet answered.
    var callbacksInFlight: Int { keys.flights.callbackCount }

    /// Looks for damage between two events: linear in all that is in memory.
    ///
    /// - Returns: a sentence about the first rule that does not hold, or `nil` when all do.
    func brokenInvariant() -> String? {
        keys.window.wheel.brokenInvariant() ?? keys.brokenPlace() ?? keys.brokenFlight() ?? keys.brokenCall()
            ?? keys.brokenReason() ?? keys.brokenOffset()
    }

    /// How many residents are due at `now` and not handed out.
    func overdueCount(at now: EpochMilliseconds) -> Int {
        guard let next = keys.window.nextTime, next <= now.rawValue else { return 0 }
        var count = 0
        keys.window.wheel.forEach { _, tick, _, _ in if tick <= now.rawValue { count += 1 } }
        return count
    }
}

extension KeyRouter {
    /// The numbers in use with their states.
    private var all: [(number: Int32, state: KeyState)] { table.numbers { _ in true }.map { ($0, table[$0]) } }

    /// Each pending schedule is where its key says, and everything that is counted is somebody's.
    fileprivate func brokenPlace() -> String? {
        var inWindow = 0
        var inPen = 0
        var residentWeight = 0
        var weight = 0
        for (number, state) in all {
            guard let pending = state.pending else { continue }
            if pending.schedule.key != table.key(number) { return "key \(number): pending under another key" }
            weight += pending.schedule.bytesInMemory
            switch pending.place {
            case .window(let handle):
                inWindow += 1
                residentWeight += pending.schedule.bytesInMemory
                if window.wheel.value(of: handle) != number { return "key \(number): not in the window" }
                if pending.position > window.horizon { return "key \(number): resident beyond the horizon" }
            case .pen:
                inPen += 1
                if !pen.contains(pending.schedule) { return "key \(number): not in the holding pen" }
            case .store:
                // Design rule "Horizon".
                if pending.position <= window.horizon { return "key \(number): below the horizon and not resident" }
            }
        }
        if inWindow != window.count { return "\(inWindow) keys in a window of \(window.count)" }
        // One released and superseded before it was taken is dropped when taken, while firing: at most a few.
        if inPen > pen.count { return "\(inPen) keys in a pen of \(pen.count)" }
        if residentWeight != window.bytes { return "\(window.bytes) resident bytes, and \(residentWeight) found" }
        return weight == pendingBytes ? nil : "\(pendingBytes) bytes pending, and \(weight) found"
    }

    fileprivate func brokenFlight() -> String? {
        let flying = flights.slots.compactMap { $0 }
        if flying.count != flights.count { return "\(flights.count) deliveries counted, not so many found" }
        if flying.count(where: { $0.schedule.target.callback != nil }) != flights.callbackCount {
            return "callbacks in flight miscounted"
        }
        if flying.reduce(0, { $0 + $1.schedule.bytesInMemory }) != flights.bytes { return "bytes in flight miscounted" }
        var counts = flying.reduce(into: [Int32: Int]()) { $0[$1.key, default: 0] += 1 }
        for (number, state) in all where counts.removeValue(forKey: number) ?? 0 != state.deliveries.all.count {
            return "key \(number): deliveries in flight miscounted"
        }
        return counts.isEmpty ? nil : "a delivery in flight has no key"
    }

    fileprivate func brokenCall() -> String? {
        let written = outbox.writes.values.flatMap { $0 }
        let questions = outbox.lookUps.values.flatMap { $0 } + outbox.unasked
        let busy = [Array(outbox.queue), written, questions.map(\.key)]
        if busy.contains(where: { Set($0).count != $0.count }) { return "a key is queued, written or asked for twice" }
        if !outbox.late.allSatisfy({ outbox.lookUps[$0] != nil }) { return "a look-up is late that is not in flight" }
        if questions.count(where: \.isReplay) != outbox.replayQuestions { return "questions of the replay miscounted" }
        var sets = busy.map(Set.init)
        for (number, state) in all {
            if state.draft.isQueued != (sets[0].remove(number) != nil) { return "key \(number): queued or not" }
            if state.draft.isInFlight != (sets[1].remove(number) != nil) { return "key \(number): written or not" }
            if state.knowledge.isKnown == (sets[2].remove(number) != nil) { return "key \(number): known or asked for" }
        }
        return sets.allSatisfy(\.isEmpty) ? nil : "a key is gone, and has something to do"
    }

    /// Whatever is in memory is there for a reason: an event will come that moves it.
    fileprivate func brokenReason() -> String? {
        let kept = Set(window.load?.kept ?? [])
        for (number, state) in all {
            if state.isOver, !kept.contains(number) { return "key \(number): kept for nothing" }
            let maySend = state.knowledge.isKnown && !state.draft.isInFlight
            let waits = state.deliveries.hasUnrecorded && !state.draft.hasRecord
            if maySend, !waits, state.draft.hasUnsent, !state.draft.isQueued {
                return "key \(number): something to send, and not queued"
            }
        }
        return nil
    }

    /// Design rule "Settled": every unsettled offset is held once, by what will settle it.
    fileprivate func brokenOffset() -> String? {
        var held = Array(intake.rejections)
        for (_, state) in all { state.forEachOffset { held.append($0) } }
        if Set(held).count != held.count { return "an offset is held twice" }
        if let lost = held.first(where: { !intake.offsets.isUnsettled($0) }) {
            return "offset \(lost) is held and settled"
        }
        return held.count == intake.unsettledCount ? nil : "\(held.count) held, \(intake.unsettledCount) unsettled"
    }
}

extension KeyState {
    /// Calls `body` for each log offset that waits for something of this key.
    fileprivate func forEachOffset(_ body: (Int64) -> Void) {
        draft.offsets.forEach(body)
        draft.sent?.forEach(body)
        for flight in deliveries.all {
            flight.offsets.forEach(body)
            if flight.cancel >= 0 { body(flight.cancel) }
        }
        pending?.offsets.forEach(body)
        if case .asking(let question) = knowledge, question.cancel >= 0 { body(question.cancel) }
    }

    /// Whether an item of the timeline at `position` is known: pending, in flight, or about to be deleted.
    func accounts(for position: Position) -> Bool {
        if pending?.position == position || latest.leavesBehind(position) { return true }
        return deliveries.all.contains { $0.position == position || $0.later == position }
    }
}

extension KeyDeliveries {
    fileprivate var all: [Flight] { (first.map { [$0] } ?? []) + rest }
}

extension HoldingPen {
    /// Whether it holds `schedule`.
    fileprivate func contains(_ schedule: Schedule) -> Bool {
        queues[schedule.orderingKey]?.contains { $0.schedule === schedule } == true
            || released.contains { $0.schedule === schedule }
    }
}
