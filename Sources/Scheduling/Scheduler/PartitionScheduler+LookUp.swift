import DequeModule

/// An entry whose key the store is asked about.
struct Question {
    var index: Int32
    /// Whether the request was in the log at the assignment, so that firing begins after the answer.
    var isReplay: Bool
}

extension PartitionScheduler {
    /// The store has answered look-up `id`: one answer for each key, in order.
    public mutating func keysLookedUp(
        _ id: Int,
        _ answers: [KeyLookup],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        guard let questions = lookUps.removeValue(forKey: id) else { return }
        delayedLookUps.remove(id)
        precondition(
            questions.count == answers.count,
            "look-up \(id): \(questions.count) keys, \(answers.count) answers"
        )
        for (question, answer) in zip(questions, answers) {
            if question.isReplay { replayQuestions -= 1 }
            resolve(question.index, answer)
        }
        advance(now, &effects)
    }

    /// Look-up `id` takes long. Schedules that wait for it go out now: better delivered twice than late.
    ///
    /// Not so the requests that were in the log at the assignment. The owner before has delivered many of them, and a
    /// partition that changes hands in good order repeats nothing.
    public mutating func lookUpDelayed(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        guard let questions = lookUps[id] else { return }
        delayedLookUps.insert(id)
        for question in questions where !question.isReplay && table[question.index].knowledge == .asked {
            table[question.index].knowledge = .late
            stopWaiting(question.index)
        }
        if lookUpsAreStuck {
            for question in unasked where !question.isReplay { stopWaiting(question.index) }
        }
        advance(now, &effects)
    }

    private mutating func stopWaiting(_ index: Int32) {
        if let pending = table[index].pending, table[index].place == .pen { pen.answer(pending) }
    }

    /// Whether a question that has not been asked would be late, too: all look-ups that there may be take long.
    var lookUpsAreStuck: Bool { delayedLookUps.count >= limits.maxLookUpsInFlight }

    /// Has the store asked about a key met for the first time, in the request at `offset`.
    mutating func ask(_ index: Int32, offset: Int64) {
        let isReplay = offset < replayEnd
        if isReplay { replayQuestions += 1 }
        unasked.append(Question(index: index, isReplay: isReplay))
    }

    /// Asks the store about new keys, as many as the bounds allow.
    mutating func sendLookUps(_ effects: inout Effects) {
        while lookUps.count < limits.maxLookUpsInFlight, !unasked.isEmpty {
            let questions = Array(unasked.prefix(limits.maxKeysPerLookUp))
            unasked.removeFirst(questions.count)
            for question in questions { table[question.index].knowledge = .asked }
            let id = makeCallID()
            lookUps[id] = questions
            effects.lookUp.append(Effects.LookUpCall(id: id, keys: questions.map { table.key(of: $0.index) }))
        }
    }

    // MARK: What the answer means

    private enum Verdict {
        /// It is to be delivered. `replaced` is the record of a pending schedule it replaces.
        case accept(replaced: KeyRecord?, isInStore: Bool)
        /// It has been put off by an owner before, to where this record says.
        case adopt(KeyRecord)
        /// It has been delivered, or a later request has taken its place.
        case drop
    }

    private mutating func resolve(_ index: Int32, _ answer: KeyLookup) {
        table[index].knowledge = .known
        let work = table.ensureWork(index)
        let cancel = table[index].waitingCancel
        table[index].waitingCancel = nil
        if let pending = table[index].pending {
            // A cancel in front of a create found at most what the create replaces anyway.
            if let cancel { table[work: work].pendingOffsets.append(cancel) }
            accept(pending, at: index, work, answer)
        } else if let cancel {
            applyCancel(cancel, at: index, work, answer)
        } else {
            catchUpWith(answer, at: index, work)
        }
        if table[work: work].hasUnsent { enqueue(index, work) }
        release(index)
    }

    private mutating func accept(_ pending: Schedule, at index: Int32, _ work: Int32, _ answer: KeyLookup) {
        // What a page has shown in the timeline is pending, whatever an outdated key record says.
        let mayRepeat = !table[index].replacedAnotherTime && !table[index].isInStore
        switch verdict(on: pending, answer, mayRepeat: mayRepeat) {
        case .accept(let replaced, let isInStore):
            if let replaced {
                counters.replaced += 1
                condemn(replaced.position, work)
                gate.end(replaced.orderingKey, offset: replaced.position.offset)
            }
            if isInStore { table[index].isInStore = true }
            planWrite(index)
            if table[index].place == .pen { pen.answer(pending) }
        case .adopt(let record):
            adopt(record, of: pending, index)
            planWrite(index)
        case .drop:
            counters.duplicates += 1
            // An owner before did not come to delete it.
            if table[index].isInStore { condemn(pending.position, work) }
            forgetPending(index)
            if pending.isOrdered { gate.end(pending.orderingKey, offset: pending.position.offset) }
            settle(table[work: work].pendingOffsets.take())
        }
    }

    private func verdict(on own: Schedule, _ answer: KeyLookup, mayRepeat: Bool) -> Verdict {
        guard let record = answer.record else { return .accept(replaced: nil, isInStore: false) }
        if isHistory(own.position.offset, record) {
            guard record.requestOffset == own.position.offset, answer.isPending else { return .drop }
            if record.scheduleTime == own.scheduleTime, record.position > own.position { return .adopt(record) }
            return .accept(replaced: nil, isInStore: true)
        }
        let isDelivered = record.state == .latest && !answer.isPending
        if isDelivered, mayRepeat, record.scheduleTime == own.scheduleTime { return .drop }
        let replaces = answer.isPending && record.partition == partition && record.position != own.position
        return .accept(replaced: replaces ? record : nil, isInStore: false)
    }

    /// Makes of a create, read again, the retry that the store holds of it.
    private mutating func adopt(_ record: KeyRecord, of schedule: Schedule, _ index: Int32) {
        if table[index].pending != nil { forgetPending(index) }
        let retry = record.retry ?? Retry(scheduleTime: schedule.scheduleTime, attempt: schedule.attempt, failure: "")
        let adopted = schedule.again(at: record.position.time, retry: retry)
        table[index].isInStore = true
        table[index].wasDueOnArrival = false
        place(adopted, at: index)
        if adopted.isOrdered { gate.hold(adopted, due: adopted.position.time, limit: limits.maxHolders) }
    }

    /// Whether an owner before has handled this request, or a later one of the key.
    ///
    /// Only what was in the log at the assignment can have been handled, and only then do the record's offsets speak
    /// of the same log: a topic that was made anew begins again at offset 0.
    private func isHistory(_ offset: Int64, _ record: KeyRecord) -> Bool {
        record.partition == partition && offset < replayEnd && record.requestOffset < replayEnd
            && record.requestOffset >= offset
    }

    private mutating func applyCancel(_ cancel: Int64, at index: Int32, _ work: Int32, _ answer: KeyLookup) {
        guard var record = answer.record, answer.isPending, !isHistory(cancel, record) else {
            counters.cancelledNothing += 1
            offsets.settle(cancel)
            table[index].latestRequest = max(table[index].latestRequest, cancel)
            keepForPage(index)
            return
        }
        counters.cancelled += 1
        if record.partition == partition {
            condemn(record.position, work)
            gate.end(record.orderingKey, offset: record.position.offset)
        }
        table[work: work].offsets.append(cancel)
        // A create behind it may be in flight, or cancelled in its turn: the record is about that one.
        guard table[index].latestRequest < cancel else { return }
        record.state = .cancelled
        record.requestOffset = cancel
        table[index].latestRequest = cancel
        table[work: work].record = record
    }

    /// Has an entry outlive the page on its way.
    ///
    /// Where a cancel finds that an owner before has carried it out, the page may have been read before that.
    private mutating func keepForPage(_ index: Int32) {
        guard !table[index].isKeptForPage, pageLoad?.retain(limit: limits.maxUnsettled) == true else { return }
        table[index].isKeptForPage = true
        pageLoad?.kept.append(index)
    }

    /// The answer came after the schedule had gone out, or had been cancelled.
    private mutating func catchUpWith(_ answer: KeyLookup, at index: Int32, _ work: Int32) {
        guard let record = answer.record, record.partition == partition else { return }
        let own = table[index].latestRequest
        if isHistory(own, record), record.requestOffset > own {
            table[index].latestRequest = record.requestOffset
            table[work: work].record = nil
        } else if answer.isPending {
            if let token = flight(of: index, at: record.position) {
                flights[token]?.isInStore = true
            } else if let flight = flight(of: index, offset: record.position.offset),
                flight.schedule.scheduleTime == record.scheduleTime
            {
                // An owner that has lost the partition without noticing has put it off.
                adopt(record, of: flight.schedule, index)
            } else if !isBeingDeleted(record.position, index) {
                condemn(record.position, work)
                gate.end(record.orderingKey, offset: record.position.offset)
            }
        } else if record.state == .latest, !answer.isPending,
            let written = table[work: work].record, written.state == .cancelled,
            written.scheduleTime == record.scheduleTime
        {
            // What was cancelled while the answer was awaited repeated a delivered schedule: that one stays delivered.
            table[work: work].record = nil
        }
    }

    private mutating func condemn(_ position: Position, _ work: Int32) {
        if !table[work: work].deletes.contains(position) { table[work: work].deletes.append(position) }
    }
}
