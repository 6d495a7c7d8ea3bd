import TimerWheel

extension PartitionScheduler {
    /// These callbacks are to be attempted again, or for the first time, at a later time.
    ///
    /// Each becomes a pending schedule again, due then and durable: its new timeline item and the key record that names
    /// it are written before the old item is deleted, so that a crash can repeat an attempt but never lose one.
    public mutating func deliveriesPutOff(
        _ postponements: [Postponement],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        for postponement in postponements { putOff(postponement, now) }
        advance(now, &effects)
    }

    private mutating func putOff(_ postponement: Postponement, _ now: EpochMilliseconds) {
        let flight = land(postponement.token)
        let index = flight.index
        let schedule = flight.schedule
        if postponement.failure != nil { counters.retried += 1 } else { counters.putOff += 1 }
        let isLatest = table[index].latestRequest == schedule.position.offset
        let isWanted =
            table[index].pending == nil && table[index].repeating == nil
            && heldCancels[index]?.create != schedule.position.offset
        guard isLatest, isWanted else { return conclude(flight, .ended, now) }

        table[index].handedOut -= 1
        if flight.needsRecord { table[index].unrecorded -= 1 }
        table[index].latestHandedOut = nil
        let work = table.ensureWork(index)
        if flight.isInStore { table[work: work].deletes.append(schedule.position) }
        table[work: work].pendingOffsets.append(flight.offsets)
        let next = Self.next(schedule, at: postponement.time, failure: postponement.failure)
        takeUpAgain(next, index)
        putOffWaiting(next, now)
    }

    /// The schedule as it is pending after `schedule` was put off.
    ///
    /// Always at a later position than before: of two timeline items of one create the later one is then the newer.
    private static func next(_ schedule: Schedule, at time: EpochMilliseconds, failure: String?) -> Schedule {
        schedule.again(
            at: max(time, schedule.position.time.advanced(byMilliseconds: 1)),
            retry: Retry(
                scheduleTime: schedule.scheduleTime,
                attempt: failure == nil ? schedule.attempt : schedule.attempt + 1,
                failure: failure ?? schedule.retry?.failure ?? ""
            )
        )
    }

    /// Makes `schedule`, due later than before, the pending one of its entry and has it written.
    private mutating func takeUpAgain(_ schedule: Schedule, _ index: Int32) {
        table[index].wasDueOnArrival = false
        table[index].isInStore = false
        place(schedule, at: index)
        planWrite(index)
        if schedule.isOrdered { gate.hold(schedule, due: schedule.position.time, limit: limits.maxHolders) }
    }

    // MARK: Behind an ordered callback

    /// Has a due schedule wait for the callback that holds its ordering key: in memory while that is about to end,
    /// else in the store, due right behind it.
    mutating func wait(_ schedule: Schedule, _ index: Int32, for holder: OrderGate.Holder, _ now: EpochMilliseconds) {
        let soon = now.advanced(byMilliseconds: limits.heldMilliseconds)
        guard holder.due ?? now <= soon, gate.count < limits.maxHeld, gate.bytes < limits.maxResidentBytes / 4 else {
            let time = max(gate.timeBehind(holder, schedule, attemptEnd: soon), soon)
            return putOff(due: schedule, index, to: time)
        }
        table[index].place = .gate
        gate.add(schedule, entry: index)
        // It may wait long, so its write is not spared.
        if !table[index].isInStore { planWrite(index) }
    }

    /// Puts a due schedule off that has not been handed out.
    mutating func putOff(due schedule: Schedule, _ index: Int32, to time: EpochMilliseconds) {
        counters.putOff += 1
        let work = table.ensureWork(index)
        if table[index].isInStore { table[work: work].deletes.append(schedule.position) }
        table[index].pending = nil
        table[index].place = .nowhere
        bytesInMemory -= Self.bytes(of: schedule)
        takeUpAgain(Self.next(schedule, at: time, failure: nil), index)
        enqueueIfUnsent(index, work)
    }

    /// What waits in memory behind a callback that will take long now goes to the store.
    private mutating func putOffWaiting(_ holder: Schedule, _ now: EpochMilliseconds) {
        guard holder.isOrdered, holder.position.time > now.advanced(byMilliseconds: limits.heldMilliseconds) else {
            return
        }
        for (index, schedule) in gate.takeWaiting(holder.orderingKey) {
            table[index].place = .nowhere
            guard let obstacle = gate.holder(before: schedule) else {
                putInWheel(index)
                continue
            }
            wait(schedule, index, for: obstacle, now)
        }
    }
}

extension Schedule {
    /// Whether the next schedule of its ordering key waits until it has ended.
    var isOrdered: Bool { target.callback?.isOrdered ?? false }
}
