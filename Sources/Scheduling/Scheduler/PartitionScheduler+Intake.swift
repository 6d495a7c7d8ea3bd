import TimerWheel

/// One record of the intake as the scheduler sees it.
public enum IntakeItem: Sendable {
    /// A request that can be accepted.
    case request(Request)
    /// A record at this offset that cannot; it is on its way to the dead-letter topic, which
    /// `requestDeadLettered` confirms.
    case rejected(offset: Int64)
}

extension PartitionScheduler {
    /// The next records of the partition, in offset order. Records read before are ignored.
    public mutating func requestsRead(_ items: [IntakeItem], now: EpochMilliseconds, _ effects: inout Effects) {
        guard isActive else { return }
        for item in items {
            switch item {
            case .request(.create(let schedule)):
                guard note(schedule.position.offset) else { continue }
                create(schedule, now)
            case .request(.cancel(let cancellation)):
                guard note(cancellation.offset) else { continue }
                cancel(cancellation)
            case .rejected(let offset):
                guard note(offset) else { continue }
                counters.rejected += 1
                rejections.insert(offset)
            }
        }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged the rejected request at `offset`. One that is not awaited is ignored: a
    /// consumer set back by its broker may have brought the record twice.
    public mutating func requestDeadLettered(_ offset: Int64, now: EpochMilliseconds, _ effects: inout Effects) {
        if rejections.remove(offset) != nil { offsets.settle(offset) }
        advance(now, &effects)
    }

    private mutating func note(_ offset: Int64) -> Bool {
        guard offsets.read(offset) else { return false }
        if offset + 1 >= replayEnd { hasReadReplay = true }
        return true
    }

    /// Whether a request that is being read came before `latest`, of which a page or a key record has told.
    ///
    /// Only where both were in the log at the assignment. A higher offset than any in it is of a topic that was made
    /// anew since, or of an owner that has lost the partition without noticing; in that case it will be read in its
    /// turn. Either way what is being read now counts.
    func isReadAgain(_ offset: Int64, after latest: Int64) -> Bool {
        offset < latest && latest < replayEnd
    }

    // MARK: Create

    private mutating func create(_ schedule: Schedule, _ now: EpochMilliseconds) {
        let offset = schedule.position.offset
        let (index, isNew) = table.findOrAdd(schedule.key)
        counters.created += 1
        if isNew {
            ask(index, offset: offset)
        } else if isReadAgain(offset, after: table[index].latestRequest) {
            // A page has brought what came later.
            let work = table.ensureWork(index)
            table[work: work].deletes.append(schedule.position)
            table[work: work].offsets.append(offset)
            enqueue(index, work)
            return
        } else if let pending = table[index].pending {
            if pending.origin == schedule.origin {
                // Read again after a restart; the timeline had it already.
                let work = table.ensureWork(index)
                table[work: work].pendingOffsets.append(offset)
                planWrite(index)
                return
            }
            counters.replaced += 1
            if pending.scheduleTime != schedule.scheduleTime { table[index].replacedAnotherTime = true }
            discardPending(index)
        } else if table[index].latestHandedOut == schedule.position.time || table[index].latestFailed == offset {
            repeatLatest(schedule, index)
            return
        }
        dropRepeating(index)
        takeUp(schedule, index, now)
    }

    /// A create that repeats the latest delivery, or is read when a page has brought it before and it has failed: nothing
    /// to do, unless that delivery is in flight and fails.
    private mutating func repeatLatest(_ schedule: Schedule, _ index: Int32) {
        dropRepeating(index)
        // Its own request read again is no repeat.
        if table[index].handedOut > 0, schedule.position.offset != table[index].latestRequest {
            table[index].repeating = schedule
            bytesInMemory += Self.bytes(of: schedule)
        } else {
            counters.duplicates += 1
            offsets.settle(schedule.position.offset)
        }
    }

    /// Drops a create that waits for the delivery it repeats.
    mutating func dropRepeating(_ index: Int32) {
        guard let schedule = table[index].repeating else { return }
        table[index].repeating = nil
        bytesInMemory -= Self.bytes(of: schedule)
        counters.duplicates += 1
        offsets.settle(schedule.position.offset)
    }

    /// The last delivery of a key that was in flight is over: what repeats it is dropped, or new if it failed.
    mutating func resolveRepeating(_ index: Int32, _ now: EpochMilliseconds) {
        guard let schedule = table[index].repeating else { return }
        guard table[index].latestHandedOut != schedule.position.time else { return dropRepeating(index) }
        table[index].repeating = nil
        bytesInMemory -= Self.bytes(of: schedule)
        takeUp(schedule, index, now)
    }

    /// Takes a create as the latest of its key, with nothing else pending.
    private mutating func takeUp(_ schedule: Schedule, _ index: Int32, _ now: EpochMilliseconds) {
        let offset = schedule.position.offset
        let work = table.ensureWork(index)
        table[work: work].pendingOffsets.append(offset)
        // A page may have brought this very item and had it condemned by an older key record.
        table[work: work].deletes.removeAll { $0 == schedule.position }
        table[index].latestRequest = offset
        table[index].wasDueOnArrival = schedule.position.time <= now
        table[index].isInStore = false
        place(schedule, at: index)
        planWrite(index)
    }

    /// Makes `schedule` the pending one of its entry: into the wheel at or below the horizon, else for the store
    /// alone (design rule "Horizon").
    mutating func place(_ schedule: Schedule, at index: Int32) {
        table[index].pending = schedule
        bytesInMemory += Self.bytes(of: schedule)
        if schedule.position <= horizon {
            putInWheel(index)
        } else {
            table[index].place = .storeOnly
        }
    }

    /// Puts the pending schedule of an entry into the wheel.
    mutating func putInWheel(_ index: Int32) {
        guard let schedule = table[index].pending else { return }
        table[index].place = .wheel
        table[index].handle = wheel.insert(
            tick: schedule.position.time.rawValue,
            order: schedule.position.offset,
            value: index
        )
        residentBytes += Self.bytes(of: schedule)
    }

    /// Takes the pending schedule of an entry out of the wheel.
    mutating func removeFromWheel(_ index: Int32, _ schedule: Schedule) {
        guard let handle = table[index].handle else { return }
        _ = wheel.remove(handle)
        residentBytes -= Self.bytes(of: schedule)
    }

    /// Takes the pending schedule of an entry out of wherever it is, and has its timeline item deleted.
    ///
    /// It is deleted even where this owner has not written it: an owner before may have.
    mutating func discardPending(_ index: Int32) {
        guard let schedule = table[index].pending else { return }
        forgetPending(index)
        if schedule.isOrdered { gate.end(schedule.orderingKey, offset: schedule.position.offset) }
        let work = table.ensureWork(index)
        table[work: work].put = nil
        table[work: work].record = nil
        table[work: work].deletes.append(schedule.position)
        enqueue(index, work)
    }

    /// Takes the pending schedule of an entry out of memory.
    mutating func forgetPending(_ index: Int32) {
        guard let schedule = table[index].pending else { return }
        let place = table[index].place
        table[index].pending = nil
        table[index].place = .nowhere
        bytesInMemory -= Self.bytes(of: schedule)
        switch place {
        case .wheel:
            removeFromWheel(index, schedule)
        case .pen:
            pen.remove(schedule)
        case .gate:
            gate.remove(schedule)
        case .storeOnly, .nowhere:
            break
        }
    }

    // MARK: Cancel

    private mutating func cancel(_ cancellation: Cancellation) {
        let offset = cancellation.offset
        let (index, isNew) = table.findOrAdd(cancellation.key)
        if isNew {
            ask(index, offset: offset)
        }
        if let pending = table[index].pending, !isReadAgain(offset, after: pending.position.offset) {
            cancelPending(pending, index, request: offset)
        } else if table[index].knowledge != .known, table[index].handedOut == 0, table[index].pending == nil,
            table[index].waitingCancel == nil
        {
            table[index].waitingCancel = offset
        } else if table[index].pending == nil,
            let flight = flight(of: index, offset: table[index].latestRequest), flight.schedule.target.callback != nil
        {
            // Too late for the attempt in flight; if that fails, the cancel ends the others.
            dropRepeating(index)
            let held = HeldCancel(request: offset, create: flight.schedule.position.offset)
            if let earlier = heldCancels.updateValue(held, forKey: index) {
                counters.cancelledNothing += 1
                offsets.settle(earlier.request)
            }
        } else {
            dropRepeating(index)
            counters.cancelledNothing += 1
            offsets.settle(offset)
        }
    }

    /// Removes a pending schedule for good and has the key record say so.
    mutating func cancelPending(_ pending: Schedule, _ index: Int32, request: Int64) {
        counters.cancelled += 1
        discardPending(index)
        table[index].latestRequest = request
        table[index].latestHandedOut = nil
        let work = table.ensureWork(index)
        table[work: work].record = record(of: pending, state: .cancelled, request: request)
        table[work: work].offsets.append(table[work: work].pendingOffsets.take())
        table[work: work].offsets.append(request)
        enqueue(index, work)
    }

    func record(of schedule: Schedule, state: KeyRecord.State, request: Int64) -> KeyRecord {
        KeyRecord(
            state: state,
            partition: partition,
            position: schedule.position,
            requestOffset: request,
            orderingKey: schedule.orderingKey,
            target: schedule.target,
            retry: schedule.retry
        )
    }
}
