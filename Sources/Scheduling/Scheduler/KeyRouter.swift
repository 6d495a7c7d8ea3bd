/// Gives each event to its key, and carries out the consequences: in the window, the holding pen, the outbox, the
/// flights and the intake.
///
/// Holds everything that a partition has in memory. `PartitionScheduler` decides when something is done with it.
struct KeyRouter {
    private(set) var table = KeyTable()
    private(set) var intake: Intake
    private(set) var window: Window
    private(set) var pen = HoldingPen()
    private(set) var flights = Flights()
    private(set) var outbox = Outbox()
    private var steps: KeySteps
    /// Payload and header bytes of pending schedules.
    private(set) var pendingBytes = 0
    private let limits: SchedulerLimits

    init(partition: Int32, intake: Intake, now: EpochMilliseconds, limits: SchedulerLimits) {
        self.intake = intake
        self.limits = limits
        window = Window(now: now)
        steps = KeySteps(partition: partition)
    }

    var counters: SchedulerCounters { steps.counters }
    /// Payload and header bytes of pending schedules and of deliveries in flight.
    var bytes: Int { pendingBytes + flights.bytes }
    /// How many more deliveries to topics may be handed out.
    var topicRoom: Int { limits.maxDeliveriesInFlight - flights.topicCount }
    /// Whether nothing is on its way anywhere.
    var isQuiet: Bool { flights.count == 0 && intake.isQuiet && outbox.isQuiet }

    // MARK: The intake

    /// A record has been read; one that was read before is ignored.
    mutating func read(_ item: IntakeItem, now: EpochMilliseconds) {
        guard intake.read(item.offset) else { return }
        switch item {
        case .request(.create(let schedule)):
            let isDue = schedule.position.time <= now
            route(number(of: schedule.key, for: item.offset)) { $0.created(schedule, isDue: isDue, &$1) }
        case .request(.cancel(let cancellation)):
            route(number(of: cancellation.key, for: item.offset)) { $0.cancelled(at: item.offset, &$1) }
        case .rejected(let offset):
            steps.counters.rejected += 1
            intake.reject(offset)
        }
    }

    /// The number of a key that a request names; the store is asked about a key that is not in memory.
    private mutating func number(of key: ScheduleKey, for request: Int64) -> Int32 {
        let (number, isNew) = table.findOrAdd(key)
        if isNew { outbox.ask(number, isReplay: intake.isReplay(request)) }
        return number
    }

    mutating func deadLettered(_ offset: Int64) {
        intake.deadLettered(offset)
    }

    mutating func intakeEndReached(at offset: Int64) {
        intake.endReached(at: offset)
    }

    /// The offset to commit, if it has grown.
    mutating func takeCommit() -> Int64? { intake.takeCommit() }

    /// Whether nothing in flight could make room for more requests. Schedules that do not fire yet may then take up all
    /// of it.
    private var isAtRest: Bool { isQuiet && window.load == nil }

    /// Whether no more requests can be read before something fires.
    var isHeldUp: Bool { isAtRest && intake.isFull(bytes: bytes, waiting: pen.count, limits) }

    /// Whether to pause or resume the intake. Without firing, half of the room may never be free again.
    mutating func steer(isFiring: Bool) -> Effects.Intake? {
        intake.steer(bytes: bytes, waiting: pen.count, isEager: !isFiring && isAtRest, limits)
    }

    // MARK: The store

    mutating func stored(_ call: Int) {
        for key in outbox.stored(call) { route(key) { $0.stored(&$1) } }
    }

    mutating func answered(_ lookUp: Int, _ answers: [KeyLookup]) {
        guard let keys = outbox.answered(lookUp) else { return }
        precondition(keys.count == answers.count, "look-up \(lookUp): \(keys.count) keys, \(answers.count) answers")
        for (key, answer) in zip(keys, answers) { route(key) { $0.answered(answer, &$1) } }
    }

    mutating func isLate(_ lookUp: Int) {
        for key in outbox.isLate(lookUp, limits) { route(key) { $0.answerIsLate(&$1) } }
    }

    mutating func pageLoaded(_ page: TimelinePage, isWanted: Bool) {
        let items = window.pageArrived(page, isWanted: isWanted)
        // Schedules on their way to the store that are at or below the new horizon come into memory, too.
        let horizon = window.horizon
        for key in table.numbers(where: { $0.pending?.isLeft(by: horizon) == true }) { place(key) }
        for item in items {
            let (key, isNew) = table.findOrAdd(item.schedule.key)
            route(key) { $0.shown(item, isNew: isNew, &$1) }
        }
        for key in window.pageTaken() { letGoIfOver(key) }
    }

    /// The next page to ask for, when the horizon has come near and there is room.
    mutating func nextPage(_ now: EpochMilliseconds) -> Effects.PageCall? {
        guard hasRoomForPage else { return nil }
        return window.nextPage(now, limits, waiting: pen.count)
    }

    /// When the next page is to be asked for; `nil` if only other events can cause it.
    var refillTime: EpochMilliseconds? { hasRoomForPage ? window.refillTime(limits) : nil }

    /// The holding pen counts as well: it grows with each page while its first schedule waits. Pages do not run ahead
    /// of the writes either: each delivery leaves a change that deletes its item.
    private var hasRoomForPage: Bool {
        outbox.queuedCount <= limits.maxUnsettled && window.count + pen.count <= limits.maxResident / 2
            && window.bytes + pen.bytes <= limits.maxResidentBytes / 2
    }

    /// The next look-up, if the bounds allow one.
    mutating func nextLookUp() -> Effects.LookUpCall? {
        guard let (id, keys) = outbox.nextLookUp(limits) else { return nil }
        for key in keys { table[key].asked() }
        return Effects.LookUpCall(id: id, keys: keys.map { table.key($0) })
    }

    /// The next write, if the bounds allow one; the rest gathers meanwhile.
    mutating func nextWrite() -> Effects.StoreCall? {
        var changes: [KeyChange] = []
        var keys: [Int32] = []
        while changes.count < limits.maxChangesPerCall, let key = outbox.next(limits) {
            if let change = table[key].takeChange(table.key(key), partition: steps.partition) {
                changes.append(change)
                keys.append(key)
            } else {
                // It has to wait, or its unsent change has gone out another way meanwhile.
                letGoIfOver(key)
            }
        }
        return changes.isEmpty ? nil : outbox.begin(changes, of: keys)
    }

    // MARK: Deliveries

    /// Hands out due schedules, in position order, as far as there is room.
    mutating func fire(_ now: EpochMilliseconds, _ deliveries: inout [Delivery]) {
        // They go through the window, to find their place among the other due schedules.
        for (key, schedule) in pen.takeReleased() where table[key].pending?.schedule === schedule { place(key) }
        // Callbacks take no room from topics, so that deliveries to topics behind them can still go out.
        var due: [Int32] = []
        while topicRoom > 0, let next = window.nextTime, next <= now.rawValue {
            window.expire(through: now, limit: topicRoom, into: &due)
            for key in due { goOut(key, &deliveries) }
            due.removeAll(keepingCapacity: true)
        }
    }

    private mutating func goOut(_ key: Int32, _ deliveries: inout [Delivery]) {
        guard let pending = table[key].pending else { preconditionFailure("key \(key) has nothing that is due") }
        let schedule = pending.schedule
        window.left(schedule)
        let unsentToo = intake.isReplay(schedule.position.offset) || !outbox.isStuck(limits)
        let isWaiting = table[key].waitsForAnswer(unsentToo: unsentToo)
        guard !isWaiting, !pen.holdsBack(schedule) else {
            pen.add(schedule, key: key, isWaiting: isWaiting)
            return route(key) { $0.placed(.pen, &$1) }
        }
        let token = flights.takeOff(schedule, key: key)
        pendingBytes -= schedule.bytesInMemory
        table[key].handOut(as: token)
        deliveries.append(Delivery(token: token, schedule: schedule, wasDueOnArrival: pending.wasDueOnArrival))
    }

    /// A delivery has failed for good; its dead letter is to be written.
    mutating func failed(_ token: UInt32, _ failure: DeliveryFailure) -> Effects.FailedDelivery {
        steps.counters.failed += 1
        let delivery = Delivery(token: token, schedule: flights[token].schedule)
        flights.noteFailure(token, failure.detail)
        return Effects.FailedDelivery(delivery: delivery, failure: failure)
    }

    mutating func ended(_ token: UInt32, _ outcome: KeyDeliveries.Outcome) {
        if outcome == .delivered { steps.counters.delivered += 1 }
        let flight = flights.land(token)
        route(flight.key) { $0.ended(token, flight.schedule, outcome, &$1) }
    }

    mutating func putOff(_ postponement: Postponement) {
        if postponement.failure != nil { steps.counters.retried += 1 } else { steps.counters.putOff += 1 }
        let flight = flights.land(postponement.token)
        route(flight.key) { $0.putOff(flight.schedule, postponement, &$1) }
    }

    // MARK: What follows

    private mutating func route(_ key: Int32, _ event: (inout KeyState, inout KeySteps) -> Void) {
        event(&table[key], &steps)
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
        case .ask(let request):
            outbox.ask(key, isReplay: intake.isReplay(request))
        case .place(let schedule):
            pendingBytes += schedule.bytesInMemory
            guard table[key].pending?.schedule === schedule else { return }
            table[key].placed(findPlace(for: schedule, key), &steps)
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
    private mutating func findPlace(for schedule: Schedule, _ key: Int32) -> PendingSchedule.Place {
        window.insert(schedule, key: key).map { .window($0) } ?? .store
    }

    /// Finds a place for the pending schedule of a key, which has none.
    private mutating func place(_ key: Int32) {
        guard let schedule = table[key].pending?.schedule else { return }
        let place = findPlace(for: schedule, key)
        route(key) { $0.placed(place, &$1) }
    }

    /// Forgets a key that is over, unless the page on its way may show more of it.
    private mutating func letGoIfOver(_ key: Int32) {
        guard table[key].isOver, !window.keepForPage(key, limits) else { return }
        if let schedule = table[key].pending?.schedule { pendingBytes -= schedule.bytesInMemory }
        table.remove(key)
    }

    /// Design rule "Bounded": past a limit, the farthest schedules are left to the store.
    mutating func boundWindow() {
        for key in window.takeExcess(limits, bytesOf: { [table] in table[$0].pending?.schedule.bytesInMemory ?? 0 }) {
            guard let pending = table[key].pending, case .window(let handle) = pending.place else { continue }
            window.remove(handle, pending.schedule)
            route(key) { $0.placed(.store, &$1) }
        }
    }
}
