/// Everything an owner knows and decides about one intake partition: a value with events in and effects out.
///
/// No I/O, no clock, no task, no log. Each `mutating` method is an event; it brings the current time where time
/// matters and adds what is to be done to `effects`. Whoever runs it performs the effects and answers them with
/// further events, in any order and after any delay. A store call that fails is repeated by whoever runs it; here it
/// is merely late.
///
/// This type decides little itself. Each part below owns its state and keeps its rules; the scheduler gives an event to
/// the key that it is about (`KeyState`), carries out the steps that follow, and after each event does what has become
/// possible (`advance`).
public struct PartitionScheduler: Sendable {
    /// What the owner is about.
    private enum Phase: Equatable {
        /// Reads the intake up to its end at the assignment, but fires from `deadline` on at the latest. Goes on to
        /// `running`.
        case catchingUp(deadline: EpochMilliseconds)
        /// Fires. Goes on to `draining`.
        case running
        /// Fires nothing and reads nothing; waits for what is in flight. Goes on to `drained`.
        case draining
        /// The end.
        case drained
    }

    /// The intake partition.
    public let partition: Int32
    /// The bounds it keeps.
    public let limits: SchedulerLimits
    /// The schedule time of the latest acknowledged delivery.
    public private(set) var executedUpTo: EpochMilliseconds?

    private var phase: Phase
    private(set) var table = KeyTable()
    private(set) var intake: Intake
    private(set) var window: Window
    private(set) var pen = HoldingPen()
    private(set) var flights = Flights()
    private(set) var outbox = Outbox()
    private var steps: KeySteps
    /// Payload and header bytes of pending schedules.
    private(set) var pendingBytes = 0

    /// Takes over a partition.
    ///
    /// - Parameters:
    ///   - partition: the intake partition.
    ///   - start: the first log offset that will be read.
    ///   - end: the end of the log now; what lies before it is read before anything fires.
    ///   - now: the current time.
    ///   - limits: the bounds to keep.
    public init(
        partition: Int32,
        start: Int64,
        end: Int64,
        now: EpochMilliseconds,
        limits: SchedulerLimits = SchedulerLimits()
    ) {
        self.partition = partition
        self.limits = limits
        phase = .catchingUp(deadline: now.advanced(byMilliseconds: limits.catchUpMilliseconds))
        intake = Intake(start: start, end: end)
        window = Window(now: now)
        steps = KeySteps(partition: partition)
    }

    // MARK: What an observer may ask

    /// What it has done so far.
    public var counters: SchedulerCounters { steps.counters }
    /// Schedules in memory that wait for their time.
    public var residentCount: Int { window.count }
    /// Payload and header bytes of those.
    public var residentBytes: Int { window.bytes }
    /// Payload and header bytes of pending schedules and of deliveries in flight.
    public var bytesInMemory: Int { pendingBytes + flights.bytes }
    /// Log offsets read and not yet settled.
    public var unsettledCount: Int { intake.unsettledCount }
    /// Deliveries handed out and not yet answered.
    public var deliveriesInFlight: Int { flights.count }
    /// Those of them that are callbacks.
    public var callbacksInFlight: Int { flights.callbackCount }
    /// The log offset to be read next; a record below it has been read and is ignored.
    public var nextOffset: Int64 { intake.next }
    /// Every offset below it is settled.
    public var committableOffset: Int64 { intake.committable }
    /// Whether the intake is paused because a bound is reached.
    public var isPaused: Bool { intake.isPaused }
    /// Whether schedules are being fired.
    public var isRunning: Bool { phase == .running }

    /// When `timeReached` has something to do next; `nil` while only other events can bring work.
    public var wakeAt: EpochMilliseconds? {
        switch phase {
        case .catchingUp(let deadline):
            return window.hasLoadedPage ? deadline : nil
        case .running:
            var wake: Int64?
            if topicRoom > 0 { wake = window.nextTime }
            if hasRoomForPage, let refill = window.refillTime(limits) { wake = min(wake ?? .max, refill.rawValue) }
            return wake.map(EpochMilliseconds.init(rawValue:))
        case .draining, .drained:
            return nil
        }
    }

    /// How many more deliveries to topics may be handed out.
    var topicRoom: Int { limits.maxDeliveriesInFlight - flights.topicCount }

    /// Whether it may begin something.
    private var isActive: Bool {
        switch phase {
        case .catchingUp, .running: true
        case .draining, .drained: false
        }
    }

    // MARK: Events of time and assignment

    /// The owner begins, or time has passed: whatever is due by `now` is fired.
    public mutating func timeReached(_ now: EpochMilliseconds, _ effects: inout Effects) {
        advance(now, &effects)
    }

    /// The consumer has come to the end of the partition.
    public mutating func intakeEndReached(_ now: EpochMilliseconds, _ effects: inout Effects) {
        intake.endReached()
        advance(now, &effects)
    }

    /// The partition is being taken away in an orderly way: finish what is in flight, begin nothing.
    public mutating func drain(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase != .drained else { return }
        phase = .draining
        advance(now, &effects)
    }

    // MARK: Events of the intake

    /// The next records of the partition, in offset order. Records read before are ignored.
    public mutating func requestsRead(_ items: [IntakeItem], now: EpochMilliseconds, _ effects: inout Effects) {
        guard isActive else { return }
        for item in items where intake.read(item.offset) {
            switch item {
            case .request(.create(let schedule)):
                let key = number(of: schedule.key, for: item.offset)
                table[key].created(schedule, isDue: schedule.position.time <= now, &steps)
                carryOut(key)
            case .request(.cancel(let cancellation)):
                let key = number(of: cancellation.key, for: item.offset)
                table[key].cancelled(at: item.offset, &steps)
                carryOut(key)
            case .rejected(let offset):
                steps.counters.rejected += 1
                intake.reject(offset)
            }
        }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged the rejected request at `offset`. One that is not awaited is ignored.
    public mutating func requestDeadLettered(_ offset: Int64, now: EpochMilliseconds, _ effects: inout Effects) {
        intake.deadLettered(offset)
        advance(now, &effects)
    }

    /// The number of a key that a request names; the store is asked about one that is not in memory.
    private mutating func number(of key: ScheduleKey, for request: Int64) -> Int32 {
        let (number, isNew) = table.findOrAdd(key)
        if isNew { outbox.ask(number, isReplay: intake.isReplay(request)) }
        return number
    }

    // MARK: Events of the store

    /// The store call `id` has been carried out.
    public mutating func changesStored(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        for key in outbox.stored(id) {
            table[key].stored(&steps)
            carryOut(key)
        }
        advance(now, &effects)
    }

    /// The store has answered look-up `id`: one answer for each key, in order.
    public mutating func keysLookedUp(
        _ id: Int,
        _ answers: [KeyLookup],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        guard let keys = outbox.answered(id) else { return }
        precondition(keys.count == answers.count, "look-up \(id): \(keys.count) keys, \(answers.count) answers")
        for (key, answer) in zip(keys, answers) {
            table[key].answered(answer, &steps)
            carryOut(key)
        }
        advance(now, &effects)
    }

    /// Look-up `id` takes long. Schedules that wait for it go out now: better delivered twice than late.
    ///
    /// Not so the requests that were in the log at the assignment.
    public mutating func lookUpDelayed(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        for key in outbox.isLate(id, limits) {
            table[key].answerIsLate(&steps)
            carryOut(key)
        }
        advance(now, &effects)
    }

    /// The page asked for is here.
    public mutating func pageLoaded(_ page: TimelinePage, now: EpochMilliseconds, _ effects: inout Effects) {
        let items = window.pageArrived(page, isWanted: isActive)
        // What was on its way to the store and is at or below the new horizon comes into memory, too.
        let horizon = window.horizon
        for key in table.numbers(where: { $0.isLeft(by: horizon) }) {
            place(key)
        }
        for item in items {
            let (key, isNew) = table.findOrAdd(item.schedule.key)
            table[key].shown(item, isNew: isNew, &steps)
            carryOut(key)
        }
        for key in window.pageTaken() { letGoIfOver(key) }
        advance(now, &effects)
    }

    // MARK: Events of deliveries

    /// The targets have acknowledged these deliveries.
    public mutating func delivered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            steps.counters.delivered += 1
            executedUpTo = max(executedUpTo ?? .zero, flights[token].schedule.scheduleTime)
            end(token, .delivered)
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
            steps.counters.failed += 1
            let delivery = Delivery(token: token, schedule: flights[token].schedule)
            flights.noteFailure(token, failure.detail)
            effects.deadLetter.append(Effects.FailedDelivery(delivery: delivery, failure: failure))
        }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged these failed deliveries.
    public mutating func deliveryDeadLettered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens { end(token, .failed) }
        advance(now, &effects)
    }

    private mutating func end(_ token: UInt32, _ outcome: KeyDeliveries.Outcome) {
        let flight = flights.land(token)
        table[flight.key].ended(token, flight.schedule, outcome, &steps)
        carryOut(flight.key)
    }

    /// These deliveries are to be made again, or for the first time, at a later time.
    ///
    /// Each becomes a pending schedule again, due then and durable: its new timeline item and the key record that names
    /// it are written before the old item is deleted, so that a crash can repeat an attempt but never lose one.
    public mutating func deliveriesPutOff(
        _ postponements: [Postponement],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        for postponement in postponements {
            if postponement.failure != nil { steps.counters.retried += 1 } else { steps.counters.putOff += 1 }
            let token = postponement.token
            let flight = flights.land(token)
            table[flight.key].putOff(
                token,
                flight.schedule,
                to: postponement.time,
                failure: postponement.failure,
                &steps
            )
            carryOut(flight.key)
        }
        advance(now, &effects)
    }

    // MARK: What follows from an event of a key

    private mutating func carryOut(_ key: Int32) {
        var index = 0
        // Steps add steps.
        while index < steps.list.count {
            carryOut(steps.list[index], key)
            index += 1
        }
        steps.removeAll()
        letGoIfOver(key)
    }

    private mutating func carryOut(_ step: KeyStep, _ key: Int32) {
        switch step {
        case .place(let schedule):
            pendingBytes += schedule.bytesInMemory
            if table[key].pending?.schedule === schedule { findPlace(key, schedule) }
        case .takeOut(let schedule, let place):
            pendingBytes -= schedule.bytesInMemory
            switch place {
            case .window(let handle): window.remove(handle, schedule)
            case .pen: pen.remove(schedule)
            case .store: break
            }
        case .release(let schedule):
            if table[key].pending?.isInPen == true { pen.answer(schedule) }
        case .write:
            if table[key].queueWrite() { outbox.add(key) }
        case .settle(let offset):
            intake.settle(offset)
        case .settleAll(let offsets):
            intake.settle(offsets)
        }
    }

    /// Design rule "Horizon": into the window at or below the horizon, else to the store alone.
    private mutating func findPlace(_ key: Int32, _ schedule: Schedule) {
        if let handle = window.insert(schedule, key: key) {
            table[key].placed(.window(handle), &steps)
        } else {
            table[key].placed(.store, &steps)
        }
    }

    /// Finds the pending schedule of a key, which is nowhere, its place.
    private mutating func place(_ key: Int32) {
        guard let schedule = table[key].pending?.schedule else { return }
        findPlace(key, schedule)
        carryOut(key)
    }

    /// Forgets a key of which nothing is left to know, unless the page on its way may show more of it.
    private mutating func letGoIfOver(_ key: Int32) {
        guard table[key].isOver, !window.keepForPage(key, limits) else { return }
        if let schedule = table[key].pending?.schedule { pendingBytes -= schedule.bytesInMemory }
        table.remove(key)
    }

    // MARK: The end of every event

    /// Does what has become possible: starts, fires, bounds, pages, asks, writes, commits, steers, ends.
    private mutating func advance(_ now: EpochMilliseconds, _ effects: inout Effects) {
        startIfCaughtUp(now)
        fire(now, &effects)
        boundWindow()
        if isActive, let page = window.nextPage(now, limits, waiting: pen.count, hasRoom: hasRoomForPage) {
            effects.loadPage = page
        }
        sendLookUps(&effects)
        sendChanges(&effects)
        if let offset = intake.takeCommit() { effects.commit = offset }
        if isActive, let flow = intake.steer(bytes: bytesInMemory, waiting: pen.count, limits) { effects.intake = flow }
        if phase == .draining, flights.count == 0, intake.isQuiet, outbox.isQuiet {
            phase = .drained
            effects.drained = true
        }
    }

    /// Design rule "Catch up, then fire": cancels and replacements sent before the assignment are honoured first.
    private mutating func startIfCaughtUp(_ now: EpochMilliseconds) {
        guard case .catchingUp(let deadline) = phase, window.hasLoadedPage else { return }
        if intake.hasReadReplay && outbox.replayQuestions == 0 || now >= deadline { phase = .running }
    }

    /// Hands out what is due (design rules "Never early, and in order" and "Firing never waits for the store").
    private mutating func fire(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase == .running else { return }
        // By way of the window, so that they find their place among the others that are due.
        for (key, schedule) in pen.takeReleased() where table[key].pending?.schedule === schedule { place(key) }
        // Callbacks take no room from topics, so that there may be some left for what is behind them.
        var due: [Int32] = []
        while topicRoom > 0, let next = window.nextTime, next <= now.rawValue {
            window.expire(through: now, limit: topicRoom, into: &due)
            for key in due { goOut(key, &effects) }
            due.removeAll(keepingCapacity: true)
        }
    }

    private mutating func goOut(_ key: Int32, _ effects: inout Effects) {
        guard let pending = table[key].pending else { preconditionFailure("key \(key) has nothing that is due") }
        let schedule = pending.schedule
        window.left(schedule)
        let unsentToo = intake.isReplay(schedule.position.offset) || !outbox.isStuck(limits)
        let isWaiting = table[key].waitsForAnswer(unsentToo: unsentToo)
        if isWaiting || pen.holdsBack(schedule) {
            pen.add(schedule, key: key, isWaiting: isWaiting)
            table[key].placed(.pen, &steps)
            carryOut(key)
        } else {
            let token = flights.takeOff(schedule, key: key)
            pendingBytes -= schedule.bytesInMemory
            table[key].handOut(as: token)
            effects.deliver.append(
                Delivery(token: token, schedule: schedule, wasDueOnArrival: pending.wasDueOnArrival)
            )
        }
    }

    private mutating func boundWindow() {
        let excess = window.takeExcess(limits) { [table] in table[$0].pending?.schedule.bytesInMemory ?? 0 }
        for key in excess {
            guard let pending = table[key].pending, case .window(let handle) = pending.place else { continue }
            window.remove(handle, pending.schedule)
            table[key].placed(.store, &steps)
            carryOut(key)
        }
    }

    /// Pages do not run ahead of the writes: each delivery leaves a change behind that deletes its item.
    private var hasRoomForPage: Bool {
        outbox.queuedCount <= limits.maxUnsettled && window.count + pen.count <= limits.maxResident / 2
            && window.bytes + pen.bytes <= limits.maxResidentBytes / 2
    }

    /// Asks the store about new keys, as many as the bounds allow.
    private mutating func sendLookUps(_ effects: inout Effects) {
        while let (id, keys) = outbox.nextLookUp(limits) {
            for key in keys { table[key].asked() }
            effects.lookUp.append(Effects.LookUpCall(id: id, keys: keys.map { table.key($0) }))
        }
    }

    /// Sends what is to be written, as much as the bounds allow; the rest gathers meanwhile.
    private mutating func sendChanges(_ effects: inout Effects) {
        while outbox.mayWrite(limits) {
            var changes: [KeyChange] = []
            var keys: [Int32] = []
            while changes.count < limits.maxChangesPerCall, let key = outbox.next() {
                guard let change = table[key].takeChange(table.key(key), partition: partition) else {
                    // It has to wait, or what was to be sent has gone out another way meanwhile.
                    letGoIfOver(key)
                    continue
                }
                changes.append(change)
                keys.append(key)
            }
            guard !changes.isEmpty else { return }
            effects.store.append(outbox.begin(changes, of: keys))
        }
    }
}
