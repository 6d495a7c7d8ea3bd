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

extension PartitionScheduler {
    /// The delivery topic has acknowledged these deliveries.
    public mutating func delivered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            let flight = land(token)
            counters.delivered += 1
            executedUpTo = max(executedUpTo ?? .zero, flight.schedule.position.time)
            conclude(flight, state: .latest, now)
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
            let delivery = Delivery(token: token, schedule: flight.schedule)
            effects.deadLetter.append(Effects.FailedDelivery(delivery: delivery, failure: failure))
        }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged these failed deliveries.
    public mutating func deliveryDeadLettered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            conclude(land(token), state: .failed, now)
        }
        advance(now, &effects)
    }

    // MARK: Out

    /// Hands out what is due (design rules "Never early, and in order" and "Firing never waits for the store").
    mutating func fire(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase == .running else { return }
        // By way of the wheel, so that they find their place among the others that are due.
        for (index, schedule) in pen.takeReleased() where table[index].pending === schedule {
            if schedule.position <= horizon {
                putInWheel(index)
            } else {
                // The horizon has come nearer meanwhile, and what was let go then is to go out first.
                leaveToStore(index, schedule)
            }
        }
        let room = limits.maxDeliveriesInFlight - flightCount
        guard room > 0, let next = wheel.nextWake, next <= now.rawValue else { return }
        var due: [Int32] = []
        _ = wheel.expire(through: now.rawValue, limit: room) { _, index in due.append(index) }
        for index in due {
            guard let schedule = table[index].pending else { continue }
            residentBytes -= Self.bytes(of: schedule)
            let isWaiting = table[index].wasDueOnArrival && mustWaitForAnswer(index, schedule)
            if isWaiting || pen.holdsBack(schedule) {
                table[index].place = .pen
                pen.add(schedule, entry: index, isWaiting: isWaiting)
            } else {
                handOut(index, schedule, &effects)
            }
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
            if !flight.isInStore {
                flight.needsRecord = true
                table[index].unrecorded += 1
                table[work: work].record = nil
                flight.offsets = table[work: work].offsets.take()
            }
            table[work: work].put = nil
            flight.offsets.append(table[work: work].pendingOffsets.take())
        }
        table[index].pending = nil
        table[index].place = .nowhere
        table[index].handedOut += 1
        table[index].latestHandedOut = schedule.position.time
        effects.deliver.append(
            Delivery(token: takeOff(flight), schedule: schedule, wasDueOnArrival: table[index].wasDueOnArrival)
        )
    }

    private mutating func takeOff(_ flight: Flight) -> UInt32 {
        flightCount += 1
        if let token = freeFlights.popLast() {
            flights[Int(token)] = flight
            return token
        }
        flights.append(flight)
        return UInt32(flights.count - 1)
    }

    // MARK: Done

    private mutating func land(_ token: UInt32) -> Flight {
        guard Int(token) < flights.count, let flight = flights[Int(token)] else {
            preconditionFailure("no delivery \(token) in flight")
        }
        flights[Int(token)] = nil
        freeFlights.append(token)
        flightCount -= 1
        bytesInMemory -= Self.bytes(of: flight.schedule)
        return flight
    }

    /// Design rule "Done means gone": its timeline item is deleted, and its key record tells what became of it.
    private mutating func conclude(_ flight: Flight, state: KeyRecord.State, _ now: EpochMilliseconds) {
        let index = flight.index
        let position = flight.schedule.position
        let work = table.ensureWork(index, key: flight.schedule.key)
        table[index].handedOut -= 1
        if flight.needsRecord { table[index].unrecorded -= 1 }
        if flight.isInStore { table[work: work].deletes.append(position) }
        if table[index].latestRequest == position.offset {
            if state == .failed {
                table[index].latestHandedOut = nil
                table[index].latestFailed = position.offset
            }
            if flight.needsRecord || state == .failed {
                table[work: work].record = record(of: flight.schedule, state: state, request: position.offset)
            }
        }
        if table[work: work].record != nil || flight.isInStore {
            table[work: work].offsets.append(flight.offsets)
        } else {
            settle(flight.offsets)
        }
        if table[work: work].hasUnsent { enqueue(index, work) }
        if table[index].handedOut == 0 { resolveRepeating(index, now) }
        release(index, key: flight.schedule.key)
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
}
