import DequeModule
import TimerWheel

/// Everything an owner knows and decides about one intake partition: a value with events in and effects out.
///
/// No I/O, no clock, no task, no log. Each `mutating` method is an event; it brings the current time where time
/// matters and adds what is to be done to `effects`. Whoever runs it performs the effects and answers them with
/// further events, in any order and after any delay. A store call that fails is repeated by whoever runs it; here it
/// is merely late.
///
/// The rules of the design are upheld where these files say so by name: `+Intake` (create, replace, cancel),
/// `+LookUp` (duplicates, "Latest wins"), `+Firing` ("Never early, and in order", "Firing never waits for the
/// store", "Done means gone"), `+PuttingOff` ("Retries are schedules"), `+Paging` ("Horizon", "Bounded"), `+StoreWork` ("Settled", "Idempotent changes"), and
/// here "Catch up, then fire" and drain.
public struct PartitionScheduler: Sendable {
    /// What the owner is about.
    enum Phase: Equatable {
        /// Reads the intake up to `intakeEnd`, but fires from `deadline` on at the latest. Goes on to `running`.
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
    /// What it has done so far.
    public internal(set) var counters = SchedulerCounters()
    /// The schedule time of the latest acknowledged delivery.
    public internal(set) var executedUpTo: EpochMilliseconds?

    var phase: Phase
    /// The end of the intake as it was at the assignment. Offsets below it may have been handled by an owner before.
    let replayEnd: Int64
    /// Whether the intake has been read up to `replayEnd`.
    var hasReadReplay: Bool

    var table = KeyTable()
    var wheel: TimerWheel<Int32>
    var pen = HoldingPen()
    var gate = OrderGate()
    var offsets: OffsetTracker
    var committed: Int64
    /// Whether the intake is paused because a bound is reached.
    public internal(set) var isPaused = false
    /// Rejected requests on their way to the dead-letter topic.
    var rejections: Set<Int64> = []

    /// Deliveries in flight, by token.
    var flights: ContiguousArray<Flight?> = []
    var freeFlights: [UInt32] = []
    var flightCount = 0
    /// Those of them that are callbacks.
    var callbackCount = 0
    /// Cancels that came while a callback was in flight, by entry: they end its further attempts.
    var heldCancels: [Int32: HeldCancel] = [:]

    /// Payload and header bytes of pending schedules and of deliveries in flight.
    public internal(set) var bytesInMemory = 0
    /// Those of the schedules in the wheel alone, which the horizon bounds.
    public internal(set) var residentBytes = 0

    /// Every pending schedule at or below it is resident.
    var horizon = Position.beforeAll
    /// Whether a page has been loaded since the assignment.
    var hasLoadedPage = false
    /// Whether the timeline has been read up to the horizon's whole range, not only to the end of a full page.
    var horizonIsComplete = false
    var pageLoad: PageLoad?

    var unasked: Deque<Question> = []
    var lookUps: [Int: [Question]] = [:]
    /// Those of the look-ups in flight that take long.
    var delayedLookUps: Set<Int> = []
    /// Questions about requests that were in the log at the assignment, not answered yet.
    var replayQuestions = 0
    var dirty: Deque<Int32> = []
    var storeCalls: [Int: [Int32]] = [:]
    var nextCallID = 0

    /// Takes over a partition.
    ///
    /// - Parameters:
    ///   - partition: the intake partition.
    ///   - start: the first intake offset that will be read.
    ///   - end: the end of the intake now; what lies before it is read before anything fires.
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
        replayEnd = end
        hasReadReplay = start >= end
        wheel = TimerWheel(now: now.rawValue)
        offsets = OffsetTracker(next: start)
        committed = start
    }

    // MARK: What an observer may ask

    /// Schedules in memory that wait for their time.
    public var residentCount: Int { wheel.count }
    /// Intake offsets read and not yet settled.
    public var unsettledCount: Int { offsets.unsettledCount }
    /// Deliveries handed out and not yet answered.
    public var deliveriesInFlight: Int { flightCount }
    /// Those of them that are callbacks.
    public var callbacksInFlight: Int { callbackCount }
    /// Due schedules that wait in memory behind an ordered callback.
    public var heldCount: Int { gate.count }
    /// The intake offset to be read next; a record below it has been read and is ignored.
    public var nextOffset: Int64 { offsets.next }
    /// Every offset below it is settled.
    public var committableOffset: Int64 { offsets.committable }
    /// Whether schedules are being fired.
    public var isRunning: Bool { phase == .running }

    /// When `timeReached` has something to do next; `nil` while only other events can bring work.
    public var wakeAt: EpochMilliseconds? {
        switch phase {
        case .catchingUp(let deadline):
            return hasLoadedPage ? deadline : nil
        case .running:
            var wake: Int64?
            if topicRoom > 0 { wake = wheel.nextWake }
            if let refill = refillTime { wake = min(wake ?? .max, refill.rawValue) }
            return wake.map(EpochMilliseconds.init(rawValue:))
        case .draining, .drained:
            return nil
        }
    }

    // MARK: Events

    /// The owner begins, or time has passed: whatever is due by `now` is fired.
    public mutating func timeReached(_ now: EpochMilliseconds, _ effects: inout Effects) {
        advance(now, &effects)
    }

    /// The consumer has come to the end of the partition.
    public mutating func intakeEndReached(_ now: EpochMilliseconds, _ effects: inout Effects) {
        hasReadReplay = true
        advance(now, &effects)
    }

    /// The partition is being taken away in an orderly way: finish what is in flight, begin nothing.
    public mutating func drain(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard phase != .drained else { return }
        phase = .draining
        advance(now, &effects)
    }

    // MARK: The end of every event

    /// Does what has become possible: starts, fires, pages, asks, writes, commits.
    mutating func advance(_ now: EpochMilliseconds, _ effects: inout Effects) {
        startIfCaughtUp(now)
        fire(now, &effects)
        boundResidents()
        requestPage(now, &effects)
        sendLookUps(&effects)
        sendChanges(&effects)
        let committable = offsets.committable
        if committable > committed {
            committed = committable
            effects.commit = committable
        }
        steerIntake(&effects)
        if phase == .draining, isQuiet {
            phase = .drained
            effects.drained = true
        }
    }

    /// Design rule "Catch up, then fire": cancels and replacements sent before the assignment are honoured first.
    private mutating func startIfCaughtUp(_ now: EpochMilliseconds) {
        guard case .catchingUp(let deadline) = phase, hasLoadedPage else { return }
        let hasCaughtUp = hasReadReplay && replayQuestions == 0
        if hasCaughtUp || now >= deadline {
            phase = .running
        }
    }

    /// Design rule "Bounded": at a limit the partition is paused, not the group membership.
    ///
    /// The holding pen has a limit of its own: what waits there may be settled already, as callbacks are.
    private mutating func steerIntake(_ effects: inout Effects) {
        guard isActive else { return }
        let isFull =
            offsets.unsettledCount >= limits.maxUnsettled || offsets.uncommittedCount >= limits.maxUncommitted
            || bytesInMemory >= 2 * limits.maxResidentBytes || pen.count >= limits.maxResident
        let isRoomy =
            offsets.unsettledCount <= limits.maxUnsettled / 2 && offsets.uncommittedCount <= limits.maxUncommitted / 2
            && bytesInMemory < 2 * limits.maxResidentBytes && pen.count <= limits.maxResident / 2
        if !isPaused, isFull {
            isPaused = true
            effects.intake = .pause
        } else if isPaused, isRoomy {
            isPaused = false
            effects.intake = .resume
        }
    }

    /// How many more deliveries to topics may be handed out.
    var topicRoom: Int { limits.maxDeliveriesInFlight - (flightCount - callbackCount) }

    /// Whether the owner may begin something.
    var isActive: Bool {
        switch phase {
        case .catchingUp, .running: true
        case .draining, .drained: false
        }
    }

    /// Nothing is in flight and nothing waits to be sent.
    private var isQuiet: Bool {
        flightCount == 0 && rejections.isEmpty && dirty.isEmpty && storeCalls.isEmpty && unasked.isEmpty
            && lookUps.isEmpty
    }

    /// What a schedule weighs in memory, in bytes.
    static func bytes(of schedule: Schedule) -> Int {
        (schedule.payload?.count ?? 0) + schedule.headers.packed.count
    }

    mutating func makeCallID() -> Int {
        nextCallID += 1
        return nextCallID
    }
}
