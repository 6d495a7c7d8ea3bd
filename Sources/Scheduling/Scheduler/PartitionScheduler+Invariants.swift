extension PartitionScheduler {
    /// Looks for damage between two events: linear in all that is in memory. For tests.
    ///
    /// - Returns: a sentence about the first rule that does not hold, or `nil` when all do.
    package func brokenInvariant() -> String? {
        window.brokenInvariant() ?? flights.brokenInvariant() ?? outbox.brokenInvariant() ?? brokenPlace()
            ?? brokenReason() ?? intake.brokenInvariant(held: heldOffsets)
    }

    /// How many residents are due at `now` and not handed out. For tests.
    package func overdueCount(at now: EpochMilliseconds) -> Int {
        guard let next = window.nextTime, next <= now.rawValue else { return 0 }
        return window.overdueCount(at: now)
    }

    /// Each pending schedule is where its key says, and everything that is counted is somebody's.
    private func brokenPlace() -> String? {
        var inWindow = 0
        var inPen = 0
        var residentWeight = 0
        var weight = 0
        for (key, number) in table.all {
            guard let pending = table[number].pending else { continue }
            if pending.schedule.key != key { return "key \(number): pending under another key" }
            weight += pending.schedule.bytesInMemory
            switch pending.place {
            case .window(let handle):
                inWindow += 1
                residentWeight += pending.schedule.bytesInMemory
                if !window.holds(number, handle) { return "key \(number): not in the window under its handle" }
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
        if inPen > pen.count || isRunning && inPen != pen.count { return "\(inPen) keys in a pen of \(pen.count)" }
        if residentWeight != window.bytes { return "\(window.bytes) resident bytes, and \(residentWeight) found" }
        if weight != pendingBytes { return "\(pendingBytes) bytes pending, and \(weight) found" }
        return nil
    }

    /// Whatever is in memory is there for a reason: an event will come that moves it.
    private func brokenReason() -> String? {
        let queued = Set(outbox.queued)
        let written = Set(outbox.written)
        let asked = Set(outbox.asked)
        let kept = Set(window.keptKeys)
        var flying = flights.countByKey
        if let number = (queued.union(written).union(asked)).first(where: { !table.isInUse($0) }) {
            return "key \(number): gone, and has something to do"
        }
        for (_, number) in table.all {
            let isBusy = queued.contains(number) || written.contains(number) || asked.contains(number)
            if table[number].isOver, !kept.contains(number), !isBusy { return "key \(number): kept for nothing" }
            if let problem = table[number].brokenInvariant(
                isQueued: queued.contains(number),
                isInFlight: written.contains(number),
                isAsked: asked.contains(number),
                deliveries: flying.removeValue(forKey: number) ?? 0
            ) {
                return "key \(number): \(problem)"
            }
        }
        return flying.isEmpty ? nil : "a delivery in flight has no key"
    }

    private var heldOffsets: [Int64] {
        var held: [Int64] = []
        for (_, number) in table.all { table[number].forEachOffset { held.append($0) } }
        return held
    }
}
