import SimulatedStore
import Testing

@testable import Scheduling

/// One scheduler, played by a test: events in, effects recorded, and a store that answers when it is told to.
///
/// Nothing happens by itself. What the scheduler asks for lies here until the test answers it, so any order of events
/// can be played. After each event the scheduler is searched for damage.
struct Script: CustomTestStringConvertible {
    var scheduler: PartitionScheduler
    /// The wall clock, in milliseconds.
    var now: Int64
    var store = SimulatedStore()

    /// The effects of the latest event.
    private(set) var effects = Effects()
    /// The offsets of what was handed out, in order.
    private(set) var handedOut: [Int64] = []
    private(set) var inFlight: [Delivery] = []
    private(set) var deadLetters: [Effects.FailedDelivery] = []
    private(set) var storeCalls: [Effects.StoreCall] = []
    private(set) var lookUps: [Effects.LookUpCall] = []
    private(set) var pageCall: Effects.PageCall?
    /// What has been committed last; `nil` before the first commit.
    private(set) var committed: Int64?
    private(set) var isPaused = false
    private(set) var hasDrained = false

    /// The time at which scripts begin.
    static let start: Int64 = 1_000_000

    /// A scheduler that has been told to begin and waits for its first page.
    init(
        from first: Int64 = 0,
        end: Int64 = 0,
        store: SimulatedStore = SimulatedStore(),
        limits: SchedulerLimits = .init()
    ) {
        now = Self.start
        self.store = store
        scheduler = PartitionScheduler(
            partition: 0,
            start: first,
            end: end,
            now: EpochMilliseconds(rawValue: now),
            limits: limits
        )
        event { $0.timeReached($1, &$2) }
    }

    /// A scheduler that has caught up with an empty log and loaded all there is.
    static func running(store: SimulatedStore = SimulatedStore(), limits: SchedulerLimits = .init()) -> Script {
        var script = Script(store: store, limits: limits)
        script.loadPage()
        return script
    }

    /// Gives the scheduler an event and records what it asks for.
    mutating func event(_ body: (inout PartitionScheduler, EpochMilliseconds, inout Effects) -> Void) {
        effects = Effects()
        body(&scheduler, EpochMilliseconds(rawValue: now), &effects)
        for delivery in effects.deliver {
            handedOut.append(delivery.schedule.position.offset)
            inFlight.append(delivery)
        }
        deadLetters += effects.deadLetter
        storeCalls += effects.store
        lookUps += effects.lookUp
        if let call = effects.loadPage {
            #expect(pageCall == nil, "two pages at once")
            pageCall = call
        }
        if let offset = effects.commit {
            #expect(offset > committed ?? -1, "committed backwards")
            committed = offset
        }
        if let intake = effects.intake { isPaused = intake == .pause }
        if effects.drained { hasDrained = true }
        if let damage = scheduler.brokenInvariant() { Issue.record("\(damage)") }
    }

    var testDescription: String {
        "handed out \(handedOut), committed \(committed ?? -1), resident \(scheduler.residentCount)"
    }

    /// The catching up takes too long.
    mutating func delayCatchUp() {
        event { $0.catchUpDelayed($1, &$2) }
    }

    // MARK: Intake

    /// A create of `key`, due `delay` ms after the script's start, as a value only.
    static func schedule(
        _ key: String,
        offset: Int64,
        due delay: Int64,
        order: String = "o",
        bytes: Int = 0,
        target: DeliveryTarget = .topic("t")
    ) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: key),
            position: Position(time: EpochMilliseconds(rawValue: start + delay), offset: offset),
            orderingKey: order,
            target: target,
            payload: Array(repeating: 7, count: bytes),
            headers: RecordHeaders()
        )
    }

    static func create(_ key: String, offset: Int64, due delay: Int64, order: String = "o", bytes: Int = 0)
        -> IntakeItem
    {
        .request(.create(schedule(key, offset: offset, due: delay, order: order, bytes: bytes)))
    }

    /// A callback to a host that nobody calls.
    static let callback = DeliveryTarget.callback(CallbackTarget(url: CallbackURL("https://a.test/")!))

    static func cancel(_ key: String, offset: Int64) -> IntakeItem {
        let key = ScheduleKey(clientID: "c", scheduleKey: key)
        return .request(.cancel(Cancellation(key: key, orderingKey: "o", offset: offset)))
    }

    mutating func read(_ items: IntakeItem...) { read(items) }

    mutating func read(_ items: [IntakeItem]) {
        event { $0.requestsRead(items, now: $1, &$2) }
    }

    mutating func create(_ key: String, offset: Int64, due delay: Int64, order: String = "o", bytes: Int = 0) {
        read(Self.create(key, offset: offset, due: delay, order: order, bytes: bytes))
    }

    mutating func call(_ key: String, offset: Int64, due delay: Int64, order: String = "o") {
        read(.request(.create(Self.schedule(key, offset: offset, due: delay, order: order, target: Self.callback))))
    }

    mutating func cancel(_ key: String, offset: Int64) {
        read(Self.cancel(key, offset: offset))
    }

    // MARK: Time

    /// Moves the clock to `delay` ms after the script's start and tells the scheduler.
    mutating func time(_ delay: Int64) {
        now = Self.start + delay
        event { $0.timeReached($1, &$2) }
    }

    // MARK: The store

    /// What the store would answer to the page asked for, now.
    func readPage() -> TimelinePage {
        guard let call = pageCall else {
            Issue.record("no page was asked for")
            return TimelinePage(items: [], reachedEnd: true)
        }
        return store.page(call)
    }

    mutating func loadPage() {
        arrive(readPage())
    }

    /// Answers the page asked for.
    mutating func arrive(_ page: TimelinePage) {
        guard pageCall != nil else {
            Issue.record("a page arrives that was not asked for")
            return
        }
        pageCall = nil
        event { $0.pageLoaded(page, now: $1, &$2) }
    }

    /// Answers the look-ups asked so far.
    mutating func answerLookUps() {
        for call in lookUps {
            let answers = store.lookUp(call.keys)
            answer(call.id, answers)
        }
    }

    mutating func answer(_ id: Int, _ answers: [KeyLookup]) {
        lookUps.removeAll { $0.id == id }
        event { $0.keysLookedUp(id, answers, now: $1, &$2) }
    }

    mutating func delayLookUps() {
        for call in lookUps { event { $0.lookUpDelayed(call.id, now: $1, &$2) } }
    }

    /// Carries out the store calls made so far and says so.
    mutating func writeChanges() {
        for call in applyChanges() { confirm(call) }
    }

    /// Carries out the store calls made so far; the scheduler does not learn of it yet.
    mutating func applyChanges() -> [Effects.StoreCall] {
        defer { storeCalls = [] }
        for call in storeCalls { store.apply(call.changes) }
        return storeCalls
    }

    mutating func confirm(_ call: Effects.StoreCall) {
        event { $0.changesStored(call.id, now: $1, &$2) }
    }

    /// Answers look-ups, writes and pages until nothing is asked any more.
    mutating func settleStore() {
        var rounds = 0
        while !lookUps.isEmpty || !storeCalls.isEmpty || pageCall != nil {
            rounds += 1
            guard rounds < 10_000 else {
                Issue.record("the scheduler does not stop asking")
                return
            }
            answerLookUps()
            writeChanges()
            if pageCall != nil { loadPage() }
        }
    }

    // MARK: Deliveries

    /// Acknowledges the deliveries at these offsets, or all that are in flight.
    mutating func acknowledge(offsets: Int64...) {
        let tokens = takeFlights(offsets).map(\.token)
        event { $0.delivered(tokens, now: $1, &$2) }
    }

    /// The deliveries at these offsets, or all that are in flight, can never succeed.
    mutating func fail(offsets: Int64...) {
        let failure = DeliveryFailure(code: .unknownTopic, detail: "no such topic")
        let failures = takeFlights(offsets).map { (token: $0.token, failure: failure) }
        event { $0.deliveryFailed(failures, now: $1, &$2) }
    }

    /// Attempts of these callbacks have failed, or with `failure` nil were not made; the next is due `delay` ms after
    /// the script's start.
    mutating func putOff(offsets: Int64..., to delay: Int64, failure: String? = "answered 503") {
        let postponements = takeFlights(offsets).map {
            Postponement(token: $0.token, time: EpochMilliseconds(rawValue: Self.start + delay), failure: failure)
        }
        event { $0.deliveriesPutOff(postponements, now: $1, &$2) }
    }

    /// Acknowledges the dead letters of failed deliveries.
    mutating func acknowledgeDeadLetters() {
        let tokens = deadLetters.map(\.delivery.token)
        deadLetters = []
        event { $0.deliveryDeadLettered(tokens, now: $1, &$2) }
    }

    private mutating func takeFlights(_ offsets: [Int64]) -> [Delivery] {
        let isMeant = { (delivery: Delivery) in offsets.isEmpty || offsets.contains(delivery.schedule.position.offset) }
        defer { inFlight.removeAll(where: isMeant) }
        return inFlight.filter(isMeant)
    }

    // MARK: What a test asks

    func record(_ key: String) -> KeyRecord? { store.records[ScheduleKey(clientID: "c", scheduleKey: key)] }

    /// The offsets in the timeline, in order.
    var timeline: [Int64] { store.timeline.keys.sorted().map(\.offset) }

    /// The changes of the latest event, over all its store calls.
    var changes: [KeyChange] { effects.store.flatMap(\.changes) }
}

extension SimulatedStore {
    /// A store in which these are pending, each with its key record unless told otherwise.
    init(pending: [Schedule], hasRecords: Bool = true) {
        self.init()
        apply(
            pending.map { schedule in
                KeyChange(key: schedule.key, put: schedule, record: hasRecords ? KeyRecord(latest: schedule) : nil)
            }
        )
    }
}

extension KeyRecord {
    /// The record that a schedule in partition 0 has while it is pending, and after its delivery.
    init(latest schedule: Schedule, state: State = .latest, request: Int64? = nil) {
        self.init(
            state: state,
            partition: 0,
            position: schedule.position,
            requestOffset: request ?? schedule.position.offset,
            orderingKey: schedule.orderingKey,
            target: schedule.target,
            retry: schedule.retry
        )
    }
}
