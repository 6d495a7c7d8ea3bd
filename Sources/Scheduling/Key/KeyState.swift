/// The life of one schedule key in memory: what is pending, what is being delivered, what is to be written.
///
/// A value that knows no other key, no wheel and no call. Each `mutating` method is an event; what follows from it is
/// added to `steps`, which the scheduler carries out at once. `docs/design.md` has the states as a diagram and a table of
/// states and events, and `KeyStateTests` follows it.
struct KeyState {
    private(set) var latest = LatestRequest()
    private(set) var knowledge = KeyKnowledge.asking(KeyQuestion())
    private(set) var pending: PendingSchedule?
    private(set) var deliveries = KeyDeliveries()
    private(set) var draft = Draft()

    // MARK: Requests

    /// A create has been read.
    ///
    /// - Parameter isDue: whether it is due already.
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
        // The key record of another create may have had this very item condemned.
        draft.keep(schedule.position)
        takeUp(PendingSchedule(schedule, wasDueOnArrival: isDue, settling: offsets), &steps)
    }

    /// A create is read after a page or a key record has told of it, or of a later request.
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
        // A page or a key record has told of what came later.
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

    /// The store has been asked.
    mutating func asked() { knowledge.questionSent() }

    /// The store takes long to answer. What is pending does not wait for it any more.
    mutating func answerIsLate(_ steps: inout KeySteps) {
        knowledge.answerIsLate()
        if let pending { steps.add(.release(pending.schedule)) }
    }

    /// Whether a pending schedule that may repeat a delivered one has to wait for the answer.
    ///
    /// - Parameter unsentToo: whether also for one that has not been asked for.
    func waitsForAnswer(unsentToo: Bool) -> Bool {
        pending?.wasDueOnArrival == true && knowledge.isAwaited(unsentToo: unsentToo)
    }

    /// The store has answered.
    mutating func answered(_ answer: KeyLookup, _ steps: inout KeySteps) {
        guard case .asking(let question) = knowledge else { return }
        knowledge = .known
        if pending != nil {
            // A cancel in front of a create found at most what the create replaces anyway.
            if question.cancel >= 0 { pending?.settle(question.cancel) }
            judgePending(answer, mayRepeat: !question.repeatsNothing, &steps)
        } else if question.cancel >= 0 {
            cancel(found: answer, question, &steps)
        } else {
            catchUp(with: answer, question, steps.partition)
        }
        if draft.hasUnsent { steps.add(.write) }
    }

    private mutating func judgePending(_ answer: KeyLookup, mayRepeat: Bool, _ steps: inout KeySteps) {
        guard let found = pending else { return }
        let mayRepeat = mayRepeat && !found.isStored
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
            if let record = answer.record, record.partition == steps.partition { note(record, answer.isPending) }
            noteDelivered(answer)
            pending = nil
            return found.drop(from: &draft, &steps)
        }
        planWrite(isNamed: verdict == .acceptStored, &steps)
        steps.add(.release(found.schedule))
    }

    /// Makes of a create, read again, the retry that the store holds of it.
    private mutating func adopt(_ record: KeyRecord, _ steps: inout KeySteps) {
        guard let found = pending.take() else { return }
        latest.isDone(found.position)
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
        // A create behind it may be in flight, or cancelled in its turn: the record is about that one.
        guard latest.offset < request else { return }
        latest.note(request)
        draft.write(.cancelled(cancelled))
    }

    /// Notes the request that a key record names; its schedule is pending in the store, or not.
    private mutating func note(_ record: KeyRecord, _ isPending: Bool) {
        guard record.requestOffset >= latest.offset else { return }
        latest.note(record.requestOffset)
        // An older record must not take its place.
        draft.discardWrite()
        deliveries.isFollowed()
        if isPending { knowledge = .behind }
    }

    /// Where the answer is that the latest create was delivered, one with its time repeats it.
    private mutating func noteDelivered(_ answer: KeyLookup) {
        guard let record = answer.record, record.state == .latest, !answer.isPending else { return }
        deliveries.wasDelivered(for: record.scheduleTime)
    }

    /// The answer finds nothing pending: it came after the schedule had gone out or had been cancelled, or to a cancel
    /// with nothing to do.
    private mutating func catchUp(with answer: KeyLookup, _ question: KeyQuestion, _ partition: Int32) {
        guard let record = answer.record else { return }
        let isOurs = record.partition == partition
        if isOurs, record.requestOffset > latest.offset {
            note(record, answer.isPending)
            noteDelivered(answer)
        } else if answer.isPending {
            if isOurs, !deliveries.meet(record.position, &draft) { draft.delete(record.position) }
        } else if record.state == .latest, draft.cancels(record.scheduleTime) {
            // What was cancelled while the answer was awaited repeated a delivered schedule: that one stays delivered.
            draft.discardWrite()
            noteDelivered(answer)
        } else if question.time == nil {
            noteDelivered(answer)
        }
    }

    // MARK: Pages

    /// A page shows a timeline item of the key.
    ///
    /// - Parameter isNew: whether the key is met for the first time; then the item's key record says all that matters.
    mutating func shown(_ item: TimelineItem, isNew: Bool, _ steps: inout KeySteps) {
        let position = item.schedule.position
        if isNew { learn(item, steps.partition) }
        if pending?.position == position {
            pending?.isInTimeline()
        } else if deliveries.meet(position, &draft) {
            if draft.hasUnsent { steps.add(.write) }
        } else if latest.leavesBehind(position) || isEarlierAttempt(position) || isTakenOver(item, steps.partition) {
            draft.delete(position)
            latest.isDone(position)
            steps.add(.write)
        } else {
            takeFromTimeline(item.schedule, &steps)
        }
    }

    private mutating func learn(_ item: TimelineItem, _ partition: Int32) {
        knowledge = .known
        guard let record = item.record, record.partition == partition, record.supersedes(item.schedule) else { return }
        note(record, record.state == .latest)
        latest.isDone(item.schedule.position)
    }

    private func isEarlierAttempt(_ position: Position) -> Bool {
        guard let pending else { return false }
        return pending.position.offset == position.offset && position < pending.position
    }

    /// Whether the key has moved to another partition, whose offsets say nothing about those here.
    private func isTakenOver(_ item: TimelineItem, _ partition: Int32) -> Bool {
        item.record.map { $0.partition != partition } ?? false
    }

    /// Makes an item of the timeline the pending schedule: of two of one key the later one stays.
    private mutating func takeFromTimeline(_ schedule: Schedule, _ steps: inout KeySteps) {
        var offsets = OffsetList()
        let isSecond = pending != nil
        latest.note(schedule.position.offset)
        if let earlier = pending.take() {
            latest.isDone(earlier.position)
            offsets = earlier.withdraw(from: &draft, &steps)
        }
        takeUp(PendingSchedule(stored: schedule, settling: offsets), &steps)
        knowledge.hasMetLatest()
        if isSecond { planWrite(isNamed: false, &steps) }
        if let request = knowledge.takeCancel(after: schedule.position.offset), let found = pending.take() {
            cancel(found, request: request, &steps)
        }
    }

    // MARK: Deliveries

    /// The pending schedule, which there is, goes out under `token`.
    mutating func handOut(as token: UInt32) {
        guard let found = pending.take() else { preconditionFailure("nothing to hand out") }
        deliveries.handOut(found, as: token, &draft)
    }

    /// The delivery of `schedule` has come to its end.
    mutating func ended(
        _ token: UInt32,
        _ schedule: Schedule,
        _ outcome: KeyDeliveries.Outcome,
        _ steps: inout KeySteps
    ) {
        deliveries.end(token, schedule, outcome, &latest, &draft, &steps)
    }

    /// The delivery of `schedule` is to be made again later, if the key still wants it (design rule "Retries are
    /// schedules").
    mutating func putOff(_ schedule: Schedule, _ postponement: Postponement, _ steps: inout KeySteps) {
        guard pending == nil, let (after, offsets) = deliveries.takeBack(postponement.token, &latest, &draft) else {
            return ended(postponement.token, schedule, .ended, &steps)
        }
        let next = schedule.putOff(to: postponement.time, behind: after, failure: postponement.failure)
        takeUp(PendingSchedule(next, wasDueOnArrival: false, settling: offsets), &steps)
    }

    // MARK: Writes

    /// - Returns: whether the key is to join the queue of those that have something to send.
    mutating func queueWrite() -> Bool { draft.queue() }

    /// What is to be written, as one change, which is in flight then; `nil` while it has to wait for another change of the
    /// key, for the key record, or because there is nothing left of it. Whatever ends the wait adds `write` again.
    ///
    /// While a delivery is in flight that the key record does not name yet, deletes wait for that record: a record
    /// whose own item is gone says "delivered", and after a crash a successor with the same time would be dropped.
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

    /// Whether nothing is left to know: what is pending, if anything, is in the store and beyond the horizon.
    var isOver: Bool {
        guard knowledge.isKnown, deliveries.isEmpty, draft.isDone else { return false }
        guard let pending else { return true }
        return pending.isBeyondHorizon && pending.isStored && pending.offsets.isEmpty
    }
}
