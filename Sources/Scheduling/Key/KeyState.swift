/// The life of one schedule key in memory: its pending schedule, its deliveries in flight and its unsent writes.
///
/// A value that knows no other key, no wheel and no call. Each `mutating` method is an event, and adds its consequences
/// to `steps`. `docs/design.md` has the states as a diagram and a table, which `KeyStateTests` follows.
struct KeyState {
    private(set) var latest = LatestRequest()
    private(set) var knowledge = KeyKnowledge.asking(KeyQuestion())
    private(set) var pending: PendingSchedule?
    private(set) var deliveries = KeyDeliveries()
    private(set) var draft = Draft()

    // MARK: Requests

    /// A create has been read, perhaps one already due.
    mutating func created(_ schedule: Schedule, isDue: Bool, _ steps: inout KeySteps) {
        let offset = schedule.position.offset
        steps.counters.created += 1
        guard offset > latest.offset else { return createdBefore(schedule, &steps) }
        if knowledge.askAgainIfBehind() { steps.add(.ask(offset)) }
        var offsets = OffsetList()
        if let replaced = pending.take() {
            steps.counters.replaced += 1
            offsets = replaced.withdraw(from: &draft, &steps)
        } else if deliveries.isRepeated(by: schedule.position.time) {
            steps.counters.duplicates += 1
            return steps.add(.settle(offset))
        }
        offsets.append(offset)
        latest.note(offset)
        // The key record of another create may have marked this very item for deletion.
        draft.keep(schedule.position)
        takeUp(PendingSchedule(schedule, wasDueOnArrival: isDue, settling: offsets), &steps)
    }

    /// A create is read after a page or a key record has shown it, or a later request.
    private mutating func createdBefore(_ schedule: Schedule, _ steps: inout KeySteps) {
        let offset = schedule.position.offset
        if offset < latest.offset {
            draft.delete(schedule.position)
            draft.settle(offset)
            steps.add(.write)
        } else if pending?.position.offset == offset {
            pending?.settle(offset)
            planWrite(&steps)
        } else {
            steps.counters.duplicates += 1
            steps.add(.settle(offset))
        }
    }

    /// A cancel has been read.
    mutating func cancelled(at offset: Int64, _ steps: inout KeySteps) {
        guard offset > latest.offset else { return cancelNothing(offset, &steps) }
        let isBehind = knowledge.askAgainIfBehind()
        if isBehind { steps.add(.ask(offset)) }
        if let found = pending.take() {
            cancel(found, request: offset, &steps)
        } else if deliveries.isEmpty || isBehind, knowledge.hold(cancel: offset) {
            return
        } else if !deliveries.isEmpty {
            if let idle = deliveries.hold(cancel: offset, ofCreate: latest.offset) { cancelNothing(idle, &steps) }
        } else {
            if knowledge.isKnown { latest.note(offset) }
            cancelNothing(offset, &steps)
        }
    }

    private func cancelNothing(_ offset: Int64, _ steps: inout KeySteps) {
        steps.counters.cancelledNothing += 1
        steps.add(.settle(offset))
    }

    private mutating func cancel(_ found: PendingSchedule, request: Int64, _ steps: inout KeySteps) {
        steps.counters.cancelled += 1
        let schedule = found.schedule
        draft.settle(found.withdraw(from: &draft, &steps))
        draft.settle(request)
        draft.write(.of(schedule, .cancelled, request: request))
        latest.note(request)
    }

    // MARK: The pending schedule

    private mutating func takeUp(_ schedule: PendingSchedule, _ steps: inout KeySteps) {
        knowledge.noteCreate(for: schedule.schedule.scheduleTime)
        deliveries.isFollowed()
        pending = schedule
        steps.add(.place(schedule.schedule))
    }

    /// The pending schedule has found its place.
    mutating func placed(_ place: PendingSchedule.Place, _ steps: inout KeySteps) {
        pending?.placed(place)
        planWrite(&steps)
    }

    private mutating func planWrite(isNamed: Bool = true, _ steps: inout KeySteps) {
        if knowledge.isKnown { pending?.planWrite(in: &draft, isNamed: isNamed, &steps) }
    }

    // MARK: Look-ups

    mutating func asked() { knowledge.questionSent() }

    /// The store takes long to answer. The pending schedule no longer waits for it.
    mutating func answerIsLate(_ steps: inout KeySteps) {
        knowledge.answerIsLate()
        if let pending { steps.add(.release(pending.schedule)) }
    }

    /// Whether a pending schedule that may repeat a delivered one waits for an answer; `unsentToo`: or for its question.
    func waitsForAnswer(unsentToo: Bool) -> Bool {
        pending?.wasDueOnArrival == true && knowledge.isAwaited(unsentToo: unsentToo)
    }

    /// The store has answered.
    mutating func answered(_ answer: KeyLookup, _ steps: inout KeySteps) {
        guard case .asking(let question) = knowledge else { return }
        knowledge = .known
        if pending != nil {
            // A cancel before a create found at most the schedule that the create replaces anyway.
            if question.cancel >= 0 { pending?.settle(question.cancel) }
            judge(answer, mayRepeat: !question.repeatsNothing && pending?.isStored == false, &steps)
        } else if question.cancel >= 0 {
            cancel(found: answer, question, &steps)
        } else {
            catchUp(with: answer, question, steps.partition)
        }
        if draft.hasUnsent { steps.add(.write) }
    }

    private mutating func judge(_ answer: KeyLookup, mayRepeat: Bool, _ steps: inout KeySteps) {
        guard let found = pending else { return }
        let verdict = LookUpVerdict(on: found.schedule, answer, partition: steps.partition, mayRepeat: mayRepeat)
        switch verdict {
        case .accept:
            break
        case .acceptStored:
            pending?.isInTimeline()
        case .acceptInPlace(let position, let isReplaced):
            if isReplaced { steps.counters.replaced += 1 }
            draft.delete(position)
        case .adopt(let record):
            return adopt(record, &steps)
        case .drop:
            latest.isDone(found.position)
            note(answer, steps.partition)
            pending = nil
            return found.drop(from: &draft, &steps)
        }
        planWrite(isNamed: verdict == .acceptStored, &steps)
        steps.add(.release(found.schedule))
    }

    private mutating func adopt(_ record: KeyRecord, _ steps: inout KeySteps) {
        guard let found = pending.take() else { return }
        latest.isDone(found.position)
        if found.isStored { draft.delete(found.position) }
        steps.add(.takeOut(found.schedule, found.place))
        takeUp(found.adopting(record), &steps)
    }

    /// Carries out a cancel that waited for the answer.
    private mutating func cancel(found answer: KeyLookup, _ question: KeyQuestion, _ steps: inout KeySteps) {
        let request = question.cancel
        guard let cancelled = answer.cancelled(by: request, partition: steps.partition) else {
            if deliveries.isEmpty { latest.note(request) }
            cancelNothing(request, &steps)
            return catchUp(with: answer, question, steps.partition)
        }
        steps.counters.cancelled += 1
        draft.delete(cancelled.position)
        draft.settle(request)
        // A later create may be in flight, or cancelled in its turn: then the record is about that one.
        guard latest.offset < request else { return }
        latest.note(request)
        draft.write(.cancelled(cancelled))
    }

    /// Notes the request that a key record names, if it is later: pending in the store, delivered or cancelled.
    private mutating func note(_ answer: KeyLookup, _ partition: Int32) {
        if let record = answer.record, record.partition == partition, record.requestOffset >= latest.offset {
            latest.note(record.requestOffset)
            // An older record must not replace it.
            draft.discardWrite()
            deliveries.isFollowed()
            if answer.isPending { knowledge = .behind }
        }
        deliveries.noteDelivered(answer)
    }

    /// The answer finds nothing pending here: what waited has gone out or was cancelled, or was a cancel of nothing.
    private mutating func catchUp(with answer: KeyLookup, _ question: KeyQuestion, _ partition: Int32) {
        guard let record = answer.record else { return }
        let isOurs = record.partition == partition
        if isOurs, record.requestOffset > latest.offset {
            note(answer, partition)
        } else if answer.isPending {
            if isOurs, !deliveries.meet(record.position, &draft) { draft.delete(record.position) }
        } else if record.state == .latest, draft.cancels(record.scheduleTime) {
            // The schedule cancelled while the answer was awaited repeated a delivered one, which stays delivered.
            draft.discardWrite()
            deliveries.noteDelivered(answer)
        } else if question.time == nil {
            deliveries.noteDelivered(answer)
        }
    }

    // MARK: Pages

    /// A page shows a timeline item of the key. For a new key, the item's key record says everything that matters.
    mutating func shown(_ item: TimelineItem, isNew: Bool, _ steps: inout KeySteps) {
        let position = item.schedule.position
        if isNew { learn(item, steps.partition) }
        if pending?.position == position {
            pending?.isInTimeline()
        } else if deliveries.meet(position, &draft) {
            if draft.hasUnsent { steps.add(.write) }
        } else if latest.leavesBehind(position) || pending?.isLaterAttempt(than: position) == true
            || item.isTakenOver(from: steps.partition)
        {
            draft.delete(position)
            latest.isDone(position)
            steps.add(.write)
        } else {
            takeFromTimeline(item.schedule, &steps)
        }
    }

    private mutating func learn(_ item: TimelineItem, _ partition: Int32) {
        knowledge = .known
        guard let record = item.supersedingRecord(partition) else { return }
        note(KeyLookup(record: record, isPending: record.state == .latest), partition)
        latest.isDone(item.schedule.position)
    }

    /// Makes a timeline item the pending schedule; of two items of one key, the later one stays.
    private mutating func takeFromTimeline(_ schedule: Schedule, _ steps: inout KeySteps) {
        let isSecond = pending != nil
        latest.note(schedule.position.offset)
        if let pending { latest.isDone(pending.position) }
        let offsets = pending.take()?.withdraw(from: &draft, &steps) ?? OffsetList()
        takeUp(PendingSchedule(stored: schedule, settling: offsets), &steps)
        knowledge.hasMetLatest()
        if isSecond { planWrite(isNamed: false, &steps) }
        if let request = knowledge.takeCancel(after: schedule.position.offset), let found = pending.take() {
            cancel(found, request: request, &steps)
        }
    }

    // MARK: Deliveries and writes

    /// The pending schedule, which must exist, goes out under `token`.
    mutating func handOut(as token: UInt32) {
        guard let found = pending.take() else { preconditionFailure("nothing to hand out") }
        deliveries.handOut(found, as: token, &draft)
    }

    /// The delivery of `schedule` has ended.
    mutating func ended(_ token: UInt32, _ schedule: Schedule, _ end: KeyDeliveries.Outcome, _ steps: inout KeySteps) {
        deliveries.end(token, schedule, end, &latest, &draft, &steps)
    }

    /// The delivery of `schedule` is to be repeated later, if it is still wanted (rule "Retries are schedules").
    mutating func putOff(_ schedule: Schedule, _ postponement: Postponement, _ steps: inout KeySteps) {
        guard pending == nil, let (after, offsets) = deliveries.takeBack(postponement.token, &latest, &draft) else {
            return ended(postponement.token, schedule, .ended, &steps)
        }
        let next = schedule.putOff(to: postponement.time, behind: after, failure: postponement.failure)
        takeUp(PendingSchedule(next, wasDueOnArrival: false, settling: offsets), &steps)
    }

    /// - Returns: whether the key is to join the queue of keys with something to send.
    mutating func queueWrite() -> Bool { draft.queue() }

    /// Everything unsent as one change, then in flight; `nil` while it waits for an event, which writes it.
    ///
    /// Deletes wait while the key record does not yet name a delivery in flight. A record whose own item is gone says
    /// "delivered"; after a crash, a successor with the same time would be dropped.
    mutating func takeChange(_ key: ScheduleKey, partition: Int32) -> KeyChange? {
        draft.leaveQueue()
        guard knowledge.isKnown, !draft.isInFlight, draft.hasUnsent else { return nil }
        guard !deliveries.hasUnrecorded || draft.hasRecord || draft.deletes.isEmpty else { return nil }
        let change = draft.send(key, partition: partition)
        if let put = change.put, put === pending?.schedule { pending?.isInTimeline() }
        return change
    }

    /// The change in flight is stored.
    mutating func stored(_ steps: inout KeySteps) {
        steps.add(.settleAll(draft.stored()))
        if draft.hasUnsent { steps.add(.write) }
    }

    /// Whether the key can be forgotten: its pending schedule, if any, is in the store and beyond the horizon.
    var isOver: Bool {
        guard knowledge.isKnown, deliveries.isEmpty, draft.isDone else { return false }
        return pending.map { $0.isBeyondHorizon && $0.isStored && $0.offsets.isEmpty } ?? true
    }
}
