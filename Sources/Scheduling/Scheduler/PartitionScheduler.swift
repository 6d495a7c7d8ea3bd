/// Everything an owner knows and decides about one intake partition: a value with events in and effects out.
///
/// No I/O, no clock, no task, no log. Each `mutating` method is an event; it brings the current time where time
/// matters, and adds its consequences to `effects`. The caller performs the effects and answers them with further
/// events, in any order and after any delay. The caller repeats a store call that fails; here it is merely late.
///
/// This type decides when something may happen; `advance` has the order. `KeyState` decides what happens to a key.
/// `KeyRouter` carries it out in the parts that keep the rules: `Window` ("Horizon", "Bounded"), `HoldingPen`,
/// `Flights`, `Outbox` and `Intake` ("Settled").
public struct PartitionScheduler: Sendable {
    /// The phase of an owner's life.
    private enum Phase: Equatable {
        /// Reads the intake up to its end at the assignment, unless that takes too long or needs more room than there
        /// is. Goes on to `running`.
        case catchingUp(isOverdue: Bool)
        /// Fires. Goes on to `draining`.
        case running
        /// Fires nothing and reads nothing; waits for everything in flight. Goes on to `drained`.
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
    private(set) var keys: KeyRouter

    /// Takes over a partition.
    ///
    /// - Parameters:
    ///   - partition: the intake partition.
    ///   - start: the first log offset that will be read.
    ///   - end: the end of the log now; records before it are read before anything fires.
    ///   - isStartCommitted: whether the group has committed `start` itself; if not, that is the first commit.
    ///   - now: the current time.
    ///   - limits: the bounds to keep.
    public init(
        partition: Int32,
        start: Int64,
        end: Int64,
        isStartCommitted: Bool = true,
        now: EpochMilliseconds,
        limits: SchedulerLimits = SchedulerLimits()
    ) {
        self.partition = partition
        self.limits = limits
        phase = .catchingUp(isOverdue: false)
        let intake = Intake(start: start, end: end, isStartCommitted: isStartCommitted)
        keys = KeyRouter(partition: partition, intake: intake, now: now, limits: limits)
    }

    // MARK: What an observer may ask

    /// Its counts so far.
    public var counters: SchedulerCounters { keys.counters }
    /// Schedules in memory that wait for their time.
    public var residentCount: Int { keys.window.count }
    /// Every pending schedule at or below it is in memory (design rule "Horizon").
    public var horizon: Position { keys.window.horizon }
    /// Payload and header bytes of pending schedules and of deliveries in flight.
    public var bytesInMemory: Int { keys.bytes }
    /// Log offsets read and not yet settled.
    public var unsettledCount: Int { keys.intake.unsettledCount }
    /// Deliveries handed out and not yet answered.
    public var deliveriesInFlight: Int { keys.flights.count }
    /// The log offset to be read next; a record below it has been read and is ignored.
    public var nextOffset: Int64 { keys.intake.next }
    /// Whether the intake is paused because a bound is reached.
    public var isPaused: Bool { keys.intake.isPaused }
    /// Whether the intake is read up to its end at the assignment, before anything fires.
    public var isCatchingUp: Bool { if case .catchingUp = phase { true } else { false } }
    /// Whether schedules are being fired.
    public var isRunning: Bool { phase == .running }

    /// When `timeReached` has something to do next; `nil` while only other events can bring work.
    public var wakeAt: EpochMilliseconds? {
        switch phase {
        case .catchingUp:
            return nil
        case .running:
            let due = keys.topicRoom > 0 ? keys.window.nextTime.map(EpochMilliseconds.init(rawValue:)) : nil
            return [due, keys.refillTime].compactMap { $0 }.min()
        case .draining, .drained:
            return nil
        }
    }

    // MARK: Events

    /// The owner begins, or time has passed: every schedule due by `now` is fired.
    public mutating func timeReached(_ now: EpochMilliseconds, _ effects: inout Effects) {
        advance(now, &effects)
    }

    /// The next records of the partition, in offset order. Records read before are ignored.
    public mutating func requestsRead(_ items: [IntakeItem], now: EpochMilliseconds, _ effects: inout Effects) {
        guard isActive else { return }
        for item in items { keys.read(item, now: now) }
        advance(now, &effects)
    }

    /// The consumer has come to the end of the partition: every request below this log offset has been read.
    /// Transaction markers may lie between the last request and the end; they count as settled.
    public mutating func intakeEndReached(_ offset: Int64, now: EpochMilliseconds, _ effects: inout Effects) {
        guard isActive else { return }
        keys.intakeEndReached(at: offset)
        advance(now, &effects)
    }

    /// Catching up takes too long: firing starts now, as soon as a page is loaded.
    public mutating func catchUpDelayed(_ now: EpochMilliseconds, _ effects: inout Effects) {
        if case .catchingUp = phase { phase = .catchingUp(isOverdue: true) }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged the rejected request at `offset`. An unexpected one is ignored: a
    /// consumer set back by its broker may have brought the record twice.
    public mutating func requestDeadLettered(_ offset: Int64, now: EpochMilliseconds, _ effects: inout Effects) {
        keys.deadLettered(offset)
        advance(now, &effects)
    }

    /// The store call `id` has been carried out.
    public mutating func changesStored(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        keys.stored(id)
        advance(now, &effects)
    }

    /// The store has answered look-up `id`: one answer for each key, in order.
    public mutating func keysLookedUp(
        _ id: Int,
        _ answers: [KeyLookup],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        keys.answered(id, answers)
        advance(now, &effects)
    }

    /// Look-up `id` takes long. Schedules that wait for it go out now: better delivered twice than late.
    ///
    /// Requests that were in the log at the assignment still wait.
    public mutating func lookUpDelayed(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        keys.isLate(id)
        advance(now, &effects)
    }

    /// The page asked for is here.
    public mutating func pageLoaded(_ page: TimelinePage, now: EpochMilliseconds, _ effects: inout Effects) {
        keys.pageLoaded(page, isWanted: isActive)
        advance(now, &effects)
    }

    /// The targets have acknowledged these deliveries.
    public mutating func delivered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens {
            executedUpTo = max(executedUpTo ?? .zero, keys.flights[token].schedule.scheduleTime)
            keys.ended(token, .delivered)
        }
        advance(now, &effects)
    }

    /// These deliveries can never succeed.
    public mutating func deliveryFailed(
        _ failures: [(token: UInt32, failure: DeliveryFailure)],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        for (token, failure) in failures { effects.deadLetter.append(keys.failed(token, failure)) }
        advance(now, &effects)
    }

    /// The dead-letter topic has acknowledged these failed deliveries.
    public mutating func deliveryDeadLettered(_ tokens: [UInt32], now: EpochMilliseconds, _ effects: inout Effects) {
        for token in tokens { keys.ended(token, .failed) }
        advance(now, &effects)
    }

    /// These deliveries are to be made again, or for the first time, at a later time.
    ///
    /// Each becomes a pending schedule again, due then and durable. Its new timeline item and the key record that names
    /// it are written before the old item is deleted. So a crash can repeat an attempt but never lose one.
    public mutating func deliveriesPutOff(
        _ postponements: [Postponement],
        now: EpochMilliseconds,
        _ effects: inout Effects
    ) {
        for postponement in postponements { keys.putOff(postponement) }
        advance(now, &effects)
    }

    /// The partition is being revoked in order: finish everything in flight, begin nothing.
    public mutating func drain(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase != .drained else { return }
        phase = .draining
        advance(now, &effects)
    }

    // MARK: The end of every event

    /// Does everything that is possible now: starts, fires, bounds, pages, asks, writes, commits, steers, ends.
    private mutating func advance(_ now: EpochMilliseconds, _ effects: inout Effects) {
        startIfCaughtUp()
        goOn(now, &effects)
        if startIfHeldUp() { goOn(now, &effects) }
        if let offset = keys.takeCommit() { effects.commit = offset }
        if isActive, let flow = keys.steer(isFiring: phase == .running) { effects.intake = flow }
        if phase == .draining, keys.isQuiet {
            phase = .drained
            effects.drained = true
        }
    }

    private mutating func goOn(_ now: EpochMilliseconds, _ effects: inout Effects) {
        if phase == .running { keys.fire(now, &effects.deliver) }
        keys.boundWindow()
        if isActive, let page = keys.nextPage(now) { effects.loadPage = page }
        while let lookUp = keys.nextLookUp() { effects.lookUp.append(lookUp) }
        while let write = keys.nextWrite() { effects.store.append(write) }
    }

    /// Design rule "Catch up, then fire": cancels and replacements sent before the assignment are honoured first.
    private mutating func startIfCaughtUp() {
        guard case .catchingUp(let isOverdue) = phase, keys.window.hasLoadedPage else { return }
        let hasCaughtUp = keys.intake.hasReadReplay && keys.outbox.replayQuestions == 0
        if hasCaughtUp || isOverdue { phase = .running }
    }

    /// Design rule "Catch up, then fire": it does not catch up where only firing makes room to read on.
    ///
    /// - Returns: whether this call starts it.
    private mutating func startIfHeldUp() -> Bool {
        guard case .catchingUp = phase, keys.window.hasLoadedPage, keys.isHeldUp else { return false }
        phase = .running
        return true
    }

    /// Whether it may begin something.
    private var isActive: Bool {
        switch phase {
        case .catchingUp, .running: true
        case .draining, .drained: false
        }
    }
}
