import TimerWheel

extension PartitionScheduler {
    /// Looks for damage between two events: linear in all that is in memory. For tests.
    ///
    /// - Returns: a sentence about the first rule that does not hold, or `nil` when all do.
    package func brokenInvariant() -> String? {
        wheel.brokenInvariant() ?? brokenPlace() ?? brokenFlight() ?? brokenWork() ?? brokenQuestion() ?? brokenOffset()
            ?? brokenQuiet()
    }

    /// How many residents are due at `now` and not handed out. For tests.
    package func overdueCount(at now: EpochMilliseconds) -> Int {
        guard let next = wheel.nextWake, next <= now.rawValue else { return 0 }
        var count = 0
        wheel.forEach { _, tick, _, _ in if tick <= now.rawValue { count += 1 } }
        return count
    }

    private func brokenPlace() -> String? {
        var inWheel = 0
        var inPen = 0
        var inGate = 0
        var residentWeight = 0
        var weight = flights.reduce(0) { $0 + ($1.map { Self.bytes(of: $0.schedule) } ?? 0) }
        for (key, index) in table.all {
            let entry = table[index]
            if let repeating = entry.repeating {
                if entry.pending != nil || entry.handedOut == 0 { return "entry \(index): repeats nothing" }
                weight += Self.bytes(of: repeating)
            }
            guard let pending = entry.pending else {
                if entry.place != .nowhere { return "entry \(index): nothing pending, and a place" }
                continue
            }
            if pending.key != key { return "entry \(index): pending under another key" }
            weight += Self.bytes(of: pending)
            switch entry.place {
            case .nowhere: return "entry \(index): pending nowhere"
            case .wheel:
                inWheel += 1
                residentWeight += Self.bytes(of: pending)
                guard let handle = entry.handle, wheel.value(of: handle) == index else {
                    return "entry \(index): not in the wheel under its handle"
                }
                if pending.position > horizon { return "entry \(index): resident beyond the horizon" }
            case .pen:
                inPen += 1
                if !pen.contains(pending) { return "entry \(index): not in the holding pen" }
            case .gate:
                inGate += 1
                if !gate.contains(pending) { return "entry \(index): not behind an ordered callback" }
            case .storeOnly:
                // Design rule "Horizon".
                if pending.position <= horizon { return "entry \(index): pending below the horizon and not resident" }
            }
        }
        if inWheel != wheel.count { return "\(inWheel) entries in a wheel of \(wheel.count)" }
        // One released and superseded before it was taken is dropped when taken, while firing: at most a few.
        if inPen > pen.count || phase == .running && inPen != pen.count {
            return "\(inPen) entries in a pen of \(pen.count)"
        }
        if inGate > gate.count || phase == .running && inGate != gate.count {
            return "\(inGate) entries behind ordered callbacks, \(gate.count) counted"
        }
        if residentWeight != residentBytes { return "\(residentBytes) resident bytes, and \(residentWeight) found" }
        if weight != bytesInMemory { return "\(bytesInMemory) bytes in memory, and \(weight) found" }
        return nil
    }

    private func brokenFlight() -> String? {
        var handedOut: [Int32: Int32] = [:]
        for flight in flights { if let flight { handedOut[flight.index, default: 0] += 1 } }
        if handedOut.values.reduce(0, +) != Int32(flightCount) {
            return "\(flightCount) deliveries in flight, not so many found"
        }
        if flights.count(where: { $0?.schedule.target.callback != nil }) != callbackCount {
            return "\(callbackCount) callbacks in flight, not so many found"
        }
        if heldCancels.keys.contains(where: { table[$0].handedOut == 0 }) { return "a cancel held for nothing" }
        if flightCount + freeFlights.count != flights.count { return "a delivery's place is neither free nor taken" }
        for (_, index) in table.all where handedOut.removeValue(forKey: index) ?? 0 != table[index].handedOut {
            return "entry \(index): deliveries in flight miscounted"
        }
        return handedOut.isEmpty ? nil : "a delivery in flight has no entry"
    }

    private func brokenWork() -> String? {
        let queued = Set(dirty)
        if queued.count != dirty.count { return "an entry is queued twice" }
        let sent = storeCalls.values.flatMap { $0 }
        if Set(sent).count != sent.count { return "two changes of one key are in flight" }
        var waiting = Set(sent)
        for (_, index) in table.all {
            guard let work = table[index].work else {
                if queued.contains(index) { return "entry \(index): queued without work" }
                if waiting.contains(index) { return "entry \(index): a change in flight without work" }
                continue
            }
            if table[work: work].isQueued != queued.contains(index) { return "entry \(index): queued or not" }
            if (table[work: work].sent != nil) != (waiting.remove(index) != nil) {
                return "entry \(index): sent or not"
            }
        }
        return waiting.isEmpty ? nil : "a change in flight has no entry"
    }

    private func brokenQuestion() -> String? {
        if !delayedLookUps.allSatisfy({ lookUps[$0] != nil }) { return "a look-up takes long that is not in flight" }
        var open = lookUps.values.flatMap { $0 }
        open += unasked
        if open.count(where: \.isReplay) != replayQuestions { return "questions of the replay miscounted" }
        var asked: Set<Int32> = []
        for question in open {
            guard asked.insert(question.index).inserted else { return "entry \(question.index): asked twice" }
            guard table[question.index].key != nil else { return "a question about a freed entry" }
            if table[question.index].knowledge == .known { return "entry \(question.index): known and asked" }
        }
        for (_, index) in table.all where table[index].knowledge != .known && !asked.contains(index) {
            return "entry \(index): not known and nobody asks"
        }
        return nil
    }

    /// Design rule "Settled": every unsettled offset is held once, by what will settle it.
    private func brokenOffset() -> String? {
        var held = Array(rejections) + heldCancels.values.map(\.request)
        for flight in flights { flight?.offsets.forEach { held.append($0) } }
        for (_, index) in table.all {
            if let cancel = table[index].waitingCancel { held.append(cancel) }
            if let repeating = table[index].repeating { held.append(repeating.position.offset) }
            guard let work = table[index].work else { continue }
            for list in [table[work: work].offsets, table[work: work].pendingOffsets, table[work: work].sent?.offsets] {
                list?.forEach { held.append($0) }
            }
        }
        if Set(held).count != held.count { return "an offset is held twice" }
        if let lost = held.first(where: { !offsets.isUnsettled($0) }) { return "offset \(lost) is held and settled" }
        if held.count != offsets.unsettledCount {
            return "\(held.count) offsets held, \(offsets.unsettledCount) unsettled"
        }
        return nil
    }

    /// Whatever is in memory is there for a reason: an event will come that moves it.
    private func brokenQuiet() -> String? {
        for index in pageLoad?.kept ?? [] where table[index].key == nil || !table[index].isKeptForPage {
            return "entry \(index): kept for a page, and gone"
        }
        for (_, index) in table.all where table[index].knowledge == .known {
            let entry = table[index]
            if entry.isKeptForPage, pageLoad != nil { continue }
            if entry.handedOut > 0 || entry.place == .wheel || entry.place == .pen || entry.place == .gate { continue }
            if let work = entry.work {
                let hasReason = table[work: work].sent != nil || table[work: work].isQueued
                if !hasReason { return "entry \(index): work that nothing will send" }
            } else if entry.place != .storeOnly || pageLoad == nil {
                return "entry \(index): kept for nothing"
            }
        }
        return nil
    }
}
