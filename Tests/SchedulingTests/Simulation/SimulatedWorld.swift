import TestSupport

@testable import Scheduling

/// One partition in a random world: an intake log, owners that come and go, a store and topics with delays and
/// faults, a clock that steps. Everything follows from the seed, so a failing one replays exactly.
final class SimulatedWorld {
    let seed: UInt64
    let faults: SimulatedFaults
    var random: SeededRandom

    private(set) var log = SimulatedLog()
    private(set) var committed: Int64 = 0
    var store = SimulatedStore()
    private(set) var checks: SimulationChecks

    /// Whether to print what happens.
    var isTracing = false

    /// How long a look-up may take before schedules stop waiting for it, in milliseconds.
    static let patience: Int64 = 500
    /// The most records in one read.
    static let batch = 20

    private var now: Int64 = 1_000_000
    /// What the clock's steps add up to.
    private var clockOffset: Int64 = 0
    private var outageEnd: Int64 = 0
    private var owner: SimulatedOwner?
    private var agenda = Agenda()

    init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        faults = SimulatedFaults(&random)
        checks = SimulationChecks(faults: faults)
    }

    /// Runs to the end and returns what went wrong, the first thing first.
    func run() -> [String] {
        let start = now
        for _ in 0..<faults.requests {
            at(start + .random(in: 0...faults.span, using: &random)) { [self] in appendRequest() }
        }
        at(start + 1) { [self] in startOwner() }
        for _ in 0..<faults.crashes { someTime(from: start) { [self] in crash() } }
        for _ in 0..<faults.drains { someTime(from: start) { [self] in drain() } }
        for _ in 0..<faults.outages {
            someTime(from: start) { [self] in outageEnd = now + .random(in: 100...8_000, using: &random) }
        }
        for _ in 0..<faults.clockSteps {
            someTime(from: start) { [self] in
                clockOffset += .random(in: -30_000...30_000, using: &random)
                owner.map(wake)
            }
        }
        // The latest schedule time, the clock's steps, and time to settle.
        let end = start + faults.span + 200_000
        var steps = 0
        while checks.problems.isEmpty, let time = agenda.nextTime, time <= end {
            steps += 1
            if steps > 1_000_000 { return ["does not come to rest at \(now)"] }
            if time > now { checkAtRest(steps) }
            now = max(now, time)
            agenda.takeNext()?()
        }
        if checks.problems.isEmpty, let owner { checks.nothingHeld(owner.scheduler) }
        if checks.problems.isEmpty { checks.atTheEnd(log: log, committed: committed, timeline: store.timeline) }
        return checks.problems
    }

    /// Between two times. The checks that look through all of memory are made now and then only.
    private func checkAtRest(_ step: Int) {
        guard let owner, !owner.isGone else { return }
        checks.atRest(owner, now: now, wallClock)
        guard step.isMultiple(of: 16) else { return }
        checks.horizon(owner.scheduler, timeline: store.timeline)
        checks.intact(owner.scheduler)
    }

    var wallClock: EpochMilliseconds { EpochMilliseconds(rawValue: now + clockOffset) }

    private func at(_ time: Int64, _ action: @escaping () -> Void) {
        agenda.add(max(time, now), action)
    }

    private func someTime(from start: Int64, _ action: @escaping () -> Void) {
        at(start + .random(in: 0...faults.span, using: &random), action)
    }

    // MARK: Producers

    private func appendRequest() {
        guard !random.oneIn(faults.rejects) else { return append(nil) }
        let name = Int.random(in: 0..<faults.keys, using: &random)
        let key = ScheduleKey(clientID: "c", scheduleKey: "k\(name)")
        if random.oneIn(5) { return append(.cancel(Cancellation(key: key, orderingKey: nil, offset: log.end))) }
        // Mostly soon, sometimes past, sometimes beyond the horizon; few distinct times, so that some coincide.
        let distance = Int64.random(in: random.oneIn(4) ? -2_000...100 : 0...30_000, using: &random)
        let schedule = Schedule(
            key: key,
            position: Position(time: EpochMilliseconds(rawValue: (now + distance) / 50 * 50), offset: log.end),
            orderingKey: "o\(name % faults.orderingKeys)",
            target: target(),
            payload: Array(repeating: 7, count: 10),
            headers: RecordHeaders()
        )
        append(.create(schedule))
        if random.oneIn(3) { repeatRequest(schedule) }
    }

    private func target() -> DeliveryTarget {
        guard random.oneIn(faults.callbacks) else { return .topic(random.oneIn(faults.badTopics) ? "bad" : "t") }
        return .callback(random.oneIn(faults.orderedCallbacks) ? Self.orderedTarget : Self.target)
    }

    /// The most attempts that a callback gets.
    private static let maxAttempts: Int32 = 4
    private static let target = CallbackTarget(url: CallbackURL("https://a.test/")!)
    private static let orderedTarget = CallbackTarget(url: CallbackURL("https://a.test/")!, isOrdered: true)

    /// A client that did not see its acknowledgement sends the same request again: soon, or about when it is due.
    private func repeatRequest(_ schedule: Schedule) {
        let about = random.oneIn(2) ? now : max(now, schedule.position.time.rawValue - 100)
        at(about + .random(in: 0...3_000, using: &random)) { [self] in
            let again = Schedule(
                key: schedule.key,
                position: Position(time: schedule.position.time, offset: log.end),
                orderingKey: schedule.orderingKey,
                target: schedule.target,
                payload: schedule.payload,
                headers: schedule.headers
            )
            append(.create(again))
        }
    }

    private func append(_ request: Request?) {
        log.append(request, gap: random.oneIn(faults.gaps) ? .random(in: 1...3, using: &random) : 0)
        if let owner { planRead(owner) }
    }

    // MARK: Owners

    private func startOwner() {
        trace { "an owner starts at \(committed) of \(log.end)" }
        let scheduler = PartitionScheduler(
            partition: 0,
            start: committed,
            end: log.end,
            now: wallClock,
            limits: faults.limits
        )
        let owner = SimulatedOwner(scheduler: scheduler, next: log.index(of: committed))
        self.owner = owner
        checks.ownerStarted()
        step(owner) { $0.timeReached($1, &$2) }
        planRead(owner)
    }

    /// The process is gone. What it had on the way may still arrive, or not.
    private func crash() {
        guard let owner, !owner.isGone else { return }
        trace { "crash" }
        owner.isGone = true
        checks.ownerCrashed()
        self.owner = nil
        at(now + .random(in: 0...2_000, using: &random)) { [self] in startOwner() }
    }

    /// The partition is taken away in an orderly way.
    private func drain() {
        guard let owner, !owner.isGone else { return }
        owner.isDraining = true
        step(owner) { $0.drain($1, &$2) }
        at(now + 20_000) { [self] in
            // The drain is bounded: what is not done by then is left as in a crash.
            if !owner.isGone { crash() }
        }
    }

    private func drained(_ owner: SimulatedOwner) {
        committed = max(committed, owner.toCommit)
        checks.committed(committed, log: log, timeline: store.timeline)
        owner.isGone = true
        self.owner = nil
        at(now + .random(in: 0...1_000, using: &random)) { [self] in startOwner() }
    }

    private func planRead(_ owner: SimulatedOwner) {
        guard !owner.isReadPlanned else { return }
        owner.isReadPlanned = true
        at(now + .random(in: 1...60, using: &random)) { [self] in
            owner.isReadPlanned = false
            read(owner)
        }
    }

    private func read(_ owner: SimulatedOwner) {
        guard !owner.isGone, !owner.isDraining, !owner.isPaused else { return }
        if random.oneIn(faults.rewinds) {
            owner.next = max(owner.first, owner.next - .random(in: 1...5, using: &random))
        }
        let batch = Array(log.records[owner.next...].prefix(.random(in: 1...Self.batch, using: &random)))
        owner.next += batch.count
        if !batch.isEmpty {
            trace { "read \(batch.map(name))" }
            batch.forEach { checks.wasRead($0, at: wallClock) }
            let fresh = owner.scheduler.nextOffset
            let items = batch.map { $0.request.map(IntakeItem.request) ?? .rejected(offset: $0.offset) }
            step(owner) { $0.requestsRead(items, now: $1, &$2) }
            for record in batch where record.request == nil && record.offset >= fresh { deadLetter(record, owner) }
        }
        if owner.next < log.records.count {
            planRead(owner)
        } else {
            step(owner) { $0.intakeEndReached($1, &$2) }
        }
    }

    private func deadLetter(_ rejected: SimulatedLog.Record, _ owner: SimulatedOwner) {
        let mayBeLost = random.oneIn(2)
        at(now + .random(in: 0...100, using: &random)) { [self] in
            if owner.isGone, mayBeLost { return }
            checks.wasDeadLettered(rejected.offset)
            step(owner) { $0.requestDeadLettered(rejected.offset, now: $1, &$2) }
        }
    }

    private func wake(_ owner: SimulatedOwner) {
        guard !owner.isGone, let time = owner.scheduler.wakeAt else { return }
        let wakeTime = max(now, time.rawValue - clockOffset)
        guard owner.nextWake == nil || wakeTime < owner.nextWake! || owner.nextWake! <= now else { return }
        owner.nextWake = wakeTime
        at(wakeTime) { [self] in
            guard !owner.isGone, owner.nextWake == wakeTime else { return }
            owner.nextWake = nil
            step(owner) { $0.timeReached($1, &$2) }
        }
    }

    private func step(
        _ owner: SimulatedOwner,
        _ event: (inout PartitionScheduler, EpochMilliseconds, inout Effects) -> Void
    ) {
        guard !owner.isGone else { return }
        var effects = Effects()
        event(&owner.scheduler, wallClock, &effects)
        if owner.scheduler.isRunning { checks.ownerFires(since: wallClock) }
        checks.bounds(owner.scheduler)
        perform(effects, owner)
        wake(owner)
    }

    // MARK: Effects

    private func perform(_ effects: Effects, _ owner: SimulatedOwner) {
        trace { "effects \(summary(of: effects)); horizon \(owner.scheduler.horizon.time.rawValue)" }
        for delivery in effects.deliver { deliver(delivery, owner) }
        for failed in effects.deadLetter {
            at(now + .random(in: 0...50, using: &random)) { [self] in
                checks.wasDeadLettered(failed.delivery.schedule)
                step(owner) { $0.deliveryDeadLettered([failed.delivery.token], now: $1, &$2) }
            }
        }
        for call in effects.store { write(call, owner) }
        for call in effects.lookUp { lookUp(call, owner) }
        if let call = effects.loadPage {
            at(storeTime()) { [self] in
                let page = store.page(call)
                at(storeTime()) { [self] in
                    trace { "page \(page.items.map { "@\($0.schedule.position.offset)" }) \(page.reachedEnd)" }
                    step(owner) { $0.pageLoaded(page, now: $1, &$2) }
                }
            }
        }
        if let offset = effects.commit { commit(offset, owner) }
        if let intake = effects.intake {
            owner.isPaused = intake == .pause
            if !owner.isPaused { planRead(owner) }
        }
        if effects.drained { drained(owner) }
    }

    private func deliver(_ delivery: Delivery, _ owner: SimulatedOwner) {
        checks.wasHandedOut(delivery.schedule, at: wallClock, log: log)
        guard delivery.schedule.target.callback == nil else { return call(delivery, owner) }
        // One idempotent producer: what was produced first arrives first.
        owner.producerTime = max(owner.producerTime, now + .random(in: 0...30, using: &random))
        let mayBeLost = random.oneIn(2)
        at(owner.producerTime) { [self] in
            if owner.isGone, mayBeLost { return }
            if delivery.schedule.target == .topic("bad") {
                let failure = DeliveryFailure(code: .unknownTopic, detail: "no such topic")
                step(owner) { $0.deliveryFailed([(delivery.token, failure)], now: $1, &$2) }
            } else {
                checks.wasDelivered(delivery.schedule)
                at(now + .random(in: 0...30, using: &random)) { [self] in
                    step(owner) { $0.delivered([delivery.token], now: $1, &$2) }
                }
            }
        }
    }

    /// A callback is attempted, beside the others and in any time; or it is put off.
    private func call(_ delivery: Delivery, _ owner: SimulatedOwner) {
        let schedule = delivery.schedule
        if random.oneIn(faults.putOffs) {
            at(now) { [self] in putOff(delivery, nil, owner) }
            return
        }
        let mayBeLost = random.oneIn(2)
        at(now + .random(in: 0...1_500, using: &random)) { [self] in
            if owner.isGone, mayBeLost { return }
            if random.oneIn(faults.failedAttempts) {
                if schedule.attempt < Self.maxAttempts { return putOff(delivery, "answered 503", owner) }
                let failure = DeliveryFailure(code: .callbackFailed, detail: "answered 503")
                step(owner) { $0.deliveryFailed([(delivery.token, failure)], now: $1, &$2) }
            } else if random.oneIn(12) {
                let failure = DeliveryFailure(code: .callbackFailed, detail: "answered 404")
                step(owner) { $0.deliveryFailed([(delivery.token, failure)], now: $1, &$2) }
            } else {
                checks.wasDelivered(schedule)
                step(owner) { $0.delivered([delivery.token], now: $1, &$2) }
            }
        }
    }

    private func putOff(_ delivery: Delivery, _ failure: String?, _ owner: SimulatedOwner) {
        guard !owner.isGone else { return }
        trace { "put off @\(delivery.schedule.position.offset) \(failure ?? "")" }
        checks.wasPutOff(delivery.schedule, isFailure: failure != nil)
        let pause = Int64.random(in: 0...(random.oneIn(2) ? 500 : 10_000), using: &random)
        let postponement = Postponement(
            token: delivery.token,
            time: wallClock.advanced(byMilliseconds: pause),
            failure: failure
        )
        step(owner) { $0.deliveriesPutOff([postponement], now: $1, &$2) }
    }

    private func write(_ call: Effects.StoreCall, _ owner: SimulatedOwner) {
        at(storeTime()) { [self] in
            if owner.isGone {
                if faults.hasStaleWrites, random.oneIn(2) { store.applyPart(of: call.changes, &random) }
            } else if random.oneIn(faults.brokenCalls) {
                store.applyPart(of: call.changes, &random)
                write(call, owner)
            } else {
                store.apply(call.changes)
                at(storeTime()) { [self] in step(owner) { $0.changesStored(call.id, now: $1, &$2) } }
            }
        }
    }

    private func lookUp(_ call: Effects.LookUpCall, _ owner: SimulatedOwner) {
        owner.lookUpsSent[call.id] = now
        at(storeTime()) { [self] in
            let answers = store.lookUp(call.keys)
            at(storeTime()) { [self] in
                owner.lookUpsSent[call.id] = nil
                trace { "answer \(call.id): \(answers.map { "\($0.record?.requestOffset ?? -1) \($0.isPending)" })" }
                step(owner) { $0.keysLookedUp(call.id, answers, now: $1, &$2) }
            }
        }
        at(now + Self.patience) { [self] in
            guard owner.lookUpsSent[call.id] != nil else { return }
            step(owner) { $0.lookUpDelayed(call.id, now: $1, &$2) }
        }
    }

    private func commit(_ offset: Int64, _ owner: SimulatedOwner) {
        owner.toCommit = offset
        checks.committed(offset, log: log, timeline: store.timeline)
        let isRefused = random.oneIn(10)
        at(now + .random(in: 0...200, using: &random)) { [self] in
            guard !owner.isGone else { return }
            if isRefused {
                commit(owner.toCommit, owner)
            } else {
                committed = max(committed, offset)
            }
        }
    }

    private func storeTime() -> Int64 {
        let delay = Int64.random(in: 0...faults.storeDelay, using: &random)
        return max(now, outageEnd) + delay
    }
}
