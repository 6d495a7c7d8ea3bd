import TimerWheel

/// A delivery in flight.
struct Flight {
    var schedule: Schedule
    var index: Int32
    /// Whether the timeline holds it, or may by now: then it is deleted afterwards.
    var isInStore: Bool
    /// Whether its key record is still to be written. That waits for the acknowledgement: a record without a timeline
    /// item says "delivered".
    var needsRecord: Bool
    /// Settled once the key record is written.
    var offsets: OffsetList
}

/// A cancel that came too late for the attempt in flight.
struct HeldCancel {
    /// The offset of the cancel.
    var request: Int64
    /// The offset of the create in flight.
    var create: Int64
}

extension PartitionScheduler {
    /// The delivery topic has acknowledged these deliveries.
    public mutating func delivered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            let flight = land(token)
            counters.delivered += 1
            executedUpTo = max(executedUpTo ?? .zero, flight.schedule.scheduleTime)
            conclude(flight, .delivered, now)
        }
        advance(now, &effects)
    }

    /// These deliveries can never succeed.
    public mutating func deliveryFailed(
        _ failures: [(token: UInt32, failure: DeliveryFailure)],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        for (token, failure) in failures {
            guard let flight = flights[Int(token)] else { preconditionFailure("no delivery \(token) in flight") }
            counters.failed += 1
            let schedule = flight.schedule
            let delivery = Delivery(token: token, schedule: schedule)
            if schedule.target.callback != nil {
                // For the key record, which tells the last failure.
                let retry = Retry(
                    scheduleTime: schedule.scheduleTime,
                    attempt: schedule.attempt,
                    failure: failure.detail
                )
                flights[Int(token)]?.schedule = schedule.again(at: schedule.position.time, retry: retry)
            }
            effects.deadLetter.append(Effects.FailedDelivery(delivery: delivery, failure: failure))
        }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged these failed deliveries.
    public mutating func deliveryDeadLettered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            conclude(land(token), .failed, now)
        }
        advance(now, &effects)
    }

    // MARK: Out

    /// Hands out what is due (design rules "Never early, and in order" and "Firing never waits for the store").
    mutating func fire(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase == .running else { return }
        // By way of the wheel, so that they find their place among the others that are due.
        for (index, schedule) in pen.takeReleased() + gate.takeReleased() where table[index].pending === schedule {
            if schedule.position <= horizon {
                putInWheel(index)
            } else {
                // The horizon has come nearer meanwhile, and what was let go then is to go out first.
                leaveToStore(index, schedule)
            }
        }
        // Callbacks take no room from topics, so that there may be some left for what is behind them.
        var due: [Int32] = []
        while topicRoom > 0, let next = wheel.nextWake, next <= now.rawValue {
            _ = wheel.expire(through: now.rawValue, limit: topicRoom) { _, index in due.append(index) }
            for index in due { goOut(index, now, &effects) }
            due.removeAll(keepingCapacity: true)
        }
    }

    private mutating func goOut(_ index: Int32, _ now: EpochMilliseconds, _ effects: inout Effects) {
        guard let schedule = table[index].pending else { return }
        residentBytes -= Self.bytes(of: schedule)
        if !gate.isOpen, let holder = gate.holder(before: schedule) {
            return wait(schedule, index, for: holder, now)
        }
        let isWaiting = table[index].wasDueOnArrival && mustWaitForAnswer(index, schedule)
        if isWaiting || pen.holdsBack(schedule) {
            table[index].place = .pen
            pen.add(schedule, entry: index, isWaiting: isWaiting)
        } else if schedule.target.callback != nil, callbackCount >= limits.maxCallbacksInFlight {
            putOff(due: schedule, index, to: now.advanced(byMilliseconds: limits.callbackPauseMilliseconds))
        } else {
            handOut(index, schedule, &effects)
        }
    }

    private func mustWaitForAnswer(_ index: Int32, _ schedule: Schedule) -> Bool {
        switch table[index].knowledge {
        case .unasked: schedule.position.offset < replayEnd || !lookUpsAreStuck
        case .asked: true
        case .late, .known: false
        }
    }

    private mutating func handOut(_ index: Int32, _ schedule: Schedule, _ effects: inout Effects) {
        var flight = Flight(
            schedule: schedule,
            index: index,
            isInStore: table[index].isInStore,
            needsRecord: false,
            offsets: OffsetList()
        )
        if let work = table[index].work {
            let isBeingWritten = table[work: work].put === schedule && schedule.target.callback != nil
            if isBeingWritten {
                // A callback may take long, so its write is not spared; its delete comes behind that.
                flight.isInStore = true
            } else if !flight.isInStore {
                flight.needsRecord = true
                table[index].unrecorded += 1
                table[work: work].record = nil
                flight.offsets = table[work: work].offsets.take()
            }
            if !isBeingWritten { table[work: work].put = nil }
            flight.offsets.append(table[work: work].pendingOffsets.take())
        }
        if schedule.isOrdered { gate.hold(schedule, due: nil, limit: limits.maxHolders) }
        table[index].pending = nil
        table[index].place = .nowhere
        table[index].handedOut += 1
        table[index].latestHandedOut = schedule.scheduleTime
        effects.deliver.append(
            Delivery(token: takeOff(flight), schedule: schedule, wasDueOnArrival: table[index].wasDueOnArrival)
        )
    }

    private mutating func takeOff(_ flight: Flight) -> UInt32 {
        flightCount += 1
        if flight.schedule.target.callback != nil { callbackCount += 1 }
        if let token = freeFlights.popLast() {
            flights[Int(token)] = flight
            return token
        }
        flights.append(flight)
        return UInt32(flights.count - 1)
    }

    // MARK: Done

    mutating func land(_ token: UInt32) -> Flight {
        guard Int(token) < flights.count, let flight = flights[Int(token)] else {
            preconditionFailure("no delivery \(token) in flight")
        }
        flights[Int(token)] = nil
        freeFlights.append(token)
        flightCount -= 1
        if flight.schedule.target.callback != nil { callbackCount -= 1 }
        bytesInMemory -= Self.bytes(of: flight.schedule)
        return flight
    }

    /// How a delivery has come to its end.
    enum Outcome {
        case delivered
        case failed
        /// An attempt failed that is not to be made again, since the schedule was replaced or cancelled meanwhile.
        case ended
    }

    /// Design rule "Done means gone": its timeline item is deleted, and its key record tells what became of it.
    mutating func conclude(_ flight: Flight, _ outcome: Outcome, _ now: EpochMilliseconds) {
        let index = flight.index
        let schedule = flight.schedule
        let work = table.ensureWork(index)
        table[index].handedOut -= 1
        if flight.needsRecord { table[index].unrecorded -= 1 }
        if schedule.isOrdered { gate.end(schedule.orderingKey, offset: schedule.position.offset) }
        concludeTwin(of: flight, outcome, index, work)
        if flight.isInStore { table[work: work].deletes.append(schedule.position) }
        let isLatest = table[index].latestRequest == schedule.position.offset
        if isLatest {
            if outcome != .delivered { table[index].latestHandedOut = nil }
            if outcome == .failed { table[index].latestFailed = schedule.position.offset }
            if outcome == .failed || outcome == .delivered && flight.needsRecord {
                let state: KeyRecord.State = outcome == .failed ? .failed : .latest
                table[work: work].record = record(of: schedule, state: state, request: schedule.position.offset)
            }
        }
        concludeHeldCancel(schedule, outcome, index, work, isLatest: isLatest)
        if table[work: work].hasRecord || flight.isInStore {
            table[work: work].offsets.append(flight.offsets)
        } else {
            settle(flight.offsets)
        }
        enqueueIfUnsent(index, work)
        // What repeats an attempt that has ended takes its place before its item may be deleted.
        if table[index].handedOut == 0 || outcome == .ended && isLatest { resolveRepeating(index, now) }
        release(index)
    }

    /// After a crash a page may have shown a later retry of a schedule while an earlier one was in flight: what that
    /// came to holds for both.
    private mutating func concludeTwin(of flight: Flight, _ outcome: Outcome, _ index: Int32, _ work: Int32) {
        guard let pending = table[index].pending, pending.origin == flight.schedule.origin else { return }
        if outcome == .ended, heldCancels[index]?.create != pending.position.offset {
            planWrite(index)
        } else {
            discardPending(index)
            table[work: work].offsets.append(table[work: work].pendingOffsets.take())
        }
    }

    /// A cancel that came while a callback was in flight ends its further attempts, if it has failed.
    private mutating func concludeHeldCancel(
        _ schedule: Schedule,
        _ outcome: Outcome,
        _ index: Int32,
        _ work: Int32,
        isLatest: Bool
    ) {
        guard heldCancels[index]?.create == schedule.position.offset,
            let cancel = heldCancels.removeValue(forKey: index)?.request
        else { return }
        guard outcome == .ended, isLatest else {
            counters.cancelledNothing += 1
            offsets.settle(cancel)
            return
        }
        counters.cancelled += 1
        table[index].latestRequest = cancel
        table[work: work].record = record(of: schedule, state: .cancelled, request: cancel)
        table[work: work].offsets.append(cancel)
    }

    /// Whether the item at `position` of this key is in flight or about to be deleted, so that a page does not bring
    /// it back.
    func isInHand(_ position: Position, _ index: Int32) -> Bool {
        isBeingDeleted(position, index) || flight(of: index, at: position) != nil
    }

    func isBeingDeleted(_ position: Position, _ index: Int32) -> Bool {
        guard let work = table[index].work else { return false }
        return table[work: work].deletes.contains(position)
            || table[work: work].sent?.deletes.contains(position) == true
    }

    /// The delivery in flight of this schedule, if there is one. Linear in the deliveries in flight, and asked only
    /// where a key that is being delivered meets older news of itself.
    func flight(of index: Int32, at position: Position) -> Int? {
        guard table[index].handedOut > 0 else { return nil }
        return flights.firstIndex { $0?.index == index && $0?.schedule.position == position }
    }

    /// The delivery in flight of the create at `offset`, whatever attempt it is.
    func flight(of index: Int32, offset: Int64) -> Flight? {
        guard table[index].handedOut > 0 else { return nil }
        return flights.first { $0?.index == index && $0?.schedule.position.offset == offset } ?? nil
    }
}
