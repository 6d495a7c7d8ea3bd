import SimulatedStore
import TestSupport

@testable import Scheduling

/// One partition in a random world: an intake log, owners that come and go, a store and topics with delays and
/// faults, clocks that step. Everything follows from the recipe, so a failing one replays exactly.
final class SimulatedWorld {
    let recipe: WorldRecipe
    let faults: SimulatedFaults
    let plan: WorldPlan
    var random: SeededRandom

    private(set) var log: SimulatedLog
    private(set) var committed: Int64
    var store: SimulatedStore
    private(set) var checks: SimulationChecks

    /// Whether to print what happens.
    var isTracing = false

    /// How long a look-up may take before schedules stop waiting for it, in milliseconds.
    static let patience: Int64 = 500
    /// The most records in one read.
    static let batch = 20
    /// The most bytes of a payload.
    static let maxPayload = 40
    private static let start: Int64 = 1_000_000

    private(set) var now = SimulatedWorld.start
    /// Which owner the group knows.
    private var owner: SimulatedOwner?
    /// How far the clock of the host is ahead on which the next owner starts.
    private var clockOffset: Int64 = 0
    private var outageEnd: Int64 = 0
    private var agenda = Agenda()

    init(_ recipe: WorldRecipe) {
        self.recipe = recipe
        random = SeededRandom(seed: recipe.seed)
        var faults = SimulatedFaults(&random)
        plan = WorldPlan(faults, &random)
        recipe.without.forEach { faults.turnOff($0) }
        self.faults = faults
        store = SimulatedStore(keyRetention: faults.keyRetention.map(Duration.milliseconds))
        log = SimulatedLog(generation: 0)
        committed = log.end
        checks = SimulationChecks(faults: faults)
    }

    /// Runs to the end and returns what went wrong, the first thing first.
    func run() -> [String] {
        for (number, event) in plan.events.enumerated() where recipe.kept?.contains(number) != false {
            at(Self.start + event.time) { [self] in take(event, number) }
        }
        at(Self.start + 1) { [self] in startOwner() }
        // The latest schedule time, the clocks' steps, and time to settle; with a slow store more where it takes more.
        let end = Self.start + faults.span + 200_000
        // Behind ordered callbacks each round through the store lets one schedule of an ordering key go on.
        let patience: Int64 = faults.callbacks > 0 && faults.orderedCallbacks > 0 ? 150_000 : 8_000
        let lastEnd = end + Int64(plan.events.count) * patience
        var steps = 0
        while checks.problems.isEmpty, let time = agenda.nextTime, time <= end || time <= lastEnd && !isDone {
            steps += 1
            if steps > 1_000_000 { return ["does not come to rest at \(now)"] }
            if time > now { checkAtRest(steps) }
            now = max(now, time)
            agenda.takeNext()?()
        }
        // What is left refers to this world.
        agenda = Agenda()
        if checks.problems.isEmpty { checks.atTheEnd(log: log, committed: committed, timeline: store.timeline) }
        return checks.problems
    }

    /// Whether nothing is left to be read or delivered.
    private var isDone: Bool { committed >= (log.records.last.map { $0.offset + 1 } ?? 0) && store.timeline.isEmpty }

    private func take(_ event: WorldPlan.Event, _ number: Int) {
        var random = event.random
        switch event.kind {
        case .request(nil):
            appendRequest(number, due: nil, &random)
        case .request(let due) where faults.bursts > 0:
            appendRequest(number, due: due, &random)
        case .crash where faults.crashes > 0:
            if random.oneIn(2) { owner.map(crash) } else { owner?.effectsToCrash = .random(in: 0...30, using: &random) }
        case .loss where faults.losses > 0:
            lose(&random)
        case .freeze where faults.freezes > 0:
            guard let owner else { return }
            owner.frozenUntil = max(owner.frozenUntil, now + .random(in: 10...6_000, using: &random))
        case .drain where faults.drains > 0:
            drain()
        case .outage where faults.outages > 0:
            outageEnd = max(outageEnd, now + .random(in: 100...8_000, using: &random))
        case .clockStep where faults.clockSteps > 0:
            let far: Int64 = random.oneIn(2) ? 30_000 : -30_000
            let step = random.oneIn(3) ? far : .random(in: -30_000...30_000, using: &random)
            trace { "the clock steps by \(step)" }
            clockOffset += step
            owner?.clockOffset += step
            owner.map(wake)
        case .newTopic where faults.hasNewTopic:
            recreateTopic(&random)
        case .request, .crash, .loss, .freeze, .drain, .outage, .clockStep, .newTopic:
            // Has been left out.
            break
        }
    }

    /// Between two times. The checks that look through all of memory are made now and then only.
    private func checkAtRest(_ step: Int) {
        guard let owner, owner.frozenUntil <= now else { return }
        checks.atRest(owner, now: now, wallClock(of: owner))
        guard step % 16 == 0 else { return }
        checks.intact(owner.scheduler)
        checks.horizon(owner.scheduler, timeline: store.timeline)
    }

    func wallClock(of owner: SimulatedOwner) -> EpochMilliseconds {
        EpochMilliseconds(rawValue: now + owner.clockOffset)
    }

    private func at(_ time: Int64, _ action: @escaping () -> Void) {
        agenda.add(max(time, now), action)
    }

    // MARK: Producers

    private func appendRequest(_ number: Int, due: Int64?, _ random: inout SeededRandom) {
        if due == nil, random.oneIn(faults.rejects) { return append(nil, &random) }
        // A burst is of many keys, some of which others use as well.
        let name = due == nil ? Int.random(in: 0..<faults.keys, using: &random) : number
        let key = ScheduleKey(clientID: "c", scheduleKey: "k\(name)")
        if due == nil, random.oneIn(5) {
            return append(.cancel(Cancellation(key: key, orderingKey: nil, offset: log.end)), &random)
        }
        // Mostly soon, sometimes past, sometimes beyond the horizon; few distinct times, so that some coincide.
        let distance = Int64.random(in: random.oneIn(4) ? -2_000...100 : 0...30_000, using: &random)
        let time = due.map { Self.start + $0 } ?? (now + distance) / 50 * 50
        let size = Int.random(in: 0...Self.maxPayload, using: &random)
        let schedule = Schedule(
            key: key,
            position: Position(time: EpochMilliseconds(rawValue: time), offset: log.end),
            orderingKey: "o\(name % faults.orderingKeys)",
            target: target(name),
            payload: random.oneIn(10) ? nil : Array(repeating: 7, count: size),
            headers: RecordHeaders()
        )
        append(.create(schedule), &random)
        if random.oneIn(3) { repeatRequest(schedule, random) }
    }

    private func target(_ name: Int) -> DeliveryTarget {
        guard faults.callbacks > 0, name % faults.callbacks == 0 else { return .topic(topic(name)) }
        let isOrdered = faults.orderedCallbacks > 0 && name / faults.callbacks % faults.orderedCallbacks == 0
        return .callback(isOrdered ? Self.orderedTarget : Self.target)
    }

    /// The most attempts that a callback gets.
    private static let maxAttempts: Int32 = 4
    private static let target = CallbackTarget(url: CallbackURL("https://a.test/")!)
    private static let orderedTarget = CallbackTarget(url: CallbackURL("https://a.test/")!, isOrdered: true)

    private func topic(_ name: Int) -> String {
        if faults.badTopics > 0, name % faults.badTopics == 0 { return name % 2 == 0 ? "missing" : "refusing" }
        if faults.slowTopics > 0, name % faults.slowTopics == 1 { return "slow" }
        return "healthy"
    }

    /// A client that did not see its acknowledgement sends the same request again: soon, or about when it is due.
    private func repeatRequest(_ schedule: Schedule, _ random: SeededRandom) {
        var random = random
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
            append(.create(again), &random)
        }
    }

    private func append(_ request: Request?, _ random: inout SeededRandom) {
        log.append(request, gap: random.oneIn(faults.gaps) ? .random(in: 1...3, using: &random) : 0)
        if let owner { planRead(owner) }
    }

    // MARK: Owners

    private func startOwner() {
        guard owner == nil else { return }
        trace { "an owner starts at \(committed) of \(log.end)" }
        // Another host has another clock.
        if faults.clockSteps > 0, random.oneIn(2) { clockOffset = .random(in: -30_000...30_000, using: &random) }
        let scheduler = PartitionScheduler(
            partition: 0,
            start: committed,
            end: log.end,
            now: EpochMilliseconds(rawValue: now + clockOffset),
            limits: faults.limits
        )
        let next = log.index(of: committed)
        let owner = SimulatedOwner(scheduler: scheduler, log: log, next: next, clockOffset: clockOffset)
        self.owner = owner
        checks.ownerStarted(log, store)
        step(owner) { $0.timeReached($1, &$2) }
        at(now + scheduler.limits.catchUpMilliseconds) { [self] in
            step(owner) {
                owner.isOverdue = true
                $0.catchUpDelayed($1, &$2)
            }
        }
        planRead(owner)
    }

    /// The process is gone. What it had on the way may still arrive, or not.
    private func crash(_ owner: SimulatedOwner) {
        guard !owner.isGone else { return }
        trace { "crash" }
        owner.isGone = true
        checks.ownerWasInterrupted()
        leave(owner, within: 2_000)
    }

    /// The group gives the partition to another one, as to one that stood still past its session. The pod acts no more
    /// once that can have happened; but what it has asked for goes on, however late it arrives.
    ///
    /// One that is unaware of it even acts on for a while: it reads, fires, delivers and writes beside its successor.
    private func lose(_ random: inout SeededRandom) {
        guard let owner else { return }
        trace { "the partition is lost" }
        checks.ownerWasInterrupted()
        owner.goesOn = true
        if faults.hasUnawareOwners, random.oneIn(2) {
            owner.isUnaware = true
            at(now + .random(in: 0...8_000, using: &random)) { owner.isGone = true }
        } else {
            owner.isGone = true
        }
        leave(owner, within: 500)
    }

    /// The group has another owner soon.
    private func leave(_ owner: SimulatedOwner, within delay: Int64) {
        guard self.owner === owner else { return }
        self.owner = nil
        at(now + .random(in: 0...delay, using: &random)) { [self] in startOwner() }
    }

    /// The partition is taken away in an orderly way.
    private func drain() {
        guard let owner, !owner.isDraining else { return }
        owner.isDraining = true
        step(owner) { [self] in
            $0.drain($1, &$2)
            for delivery in owner.order.removeAll() { handBack(delivery, to: $1, nil, owner) }
        }
        at(now + 20_000) { [self] in
            // The drain is bounded: what is not done by then is left as in a crash.
            if self.owner === owner { crash(owner) }
        }
    }

    private func drained(_ owner: SimulatedOwner) {
        if self.owner === owner, owner.log === log {
            committed = max(committed, owner.toCommit)
            checks.committed(committed, log: log, timeline: store.timeline)
        }
        owner.isGone = true
        leave(owner, within: 1_000)
    }

    /// The intake topic is deleted, and what it holds is gone; one of the same name begins at offset 0. Its owner notices
    /// and lets go in good order, or ends.
    private func recreateTopic(_ random: inout SeededRandom) {
        trace { "the topic is recreated" }
        checks.topicWasRecreated(log, store)
        log = SimulatedLog(generation: log.generation + 1, predecessor: log)
        committed = log.end
        if random.oneIn(2) { owner.map(crash) } else { drain() }
    }

    private func planRead(_ owner: SimulatedOwner) {
        guard !owner.isReadPlanned, !owner.isGone else { return }
        owner.isReadPlanned = true
        at(max(owner.frozenUntil, now + .random(in: 1...60, using: &random))) { [self] in
            owner.isReadPlanned = false
            if now < owner.frozenUntil { planRead(owner) } else { read(owner) }
        }
    }

    private func read(_ owner: SimulatedOwner) {
        guard !owner.isGone, !owner.isDraining, !owner.isPaused else { return }
        if random.oneIn(faults.rewinds) {
            // A broker that was set back, or lost the place altogether.
            owner.next = random.oneIn(5) ? 0 : max(0, owner.next - .random(in: 1...5, using: &random))
        }
        let batch = Array(owner.log.records[owner.next...].prefix(.random(in: 1...Self.batch, using: &random)))
        owner.next += batch.count
        if !batch.isEmpty {
            trace { "read \(batch.map(name))" }
            let fresh = owner.scheduler.nextOffset
            for record in batch where record.offset >= fresh {
                checks.wasRead(record, by: owner, at: wallClock(of: owner))
            }
            let items = batch.map { $0.request.map(IntakeItem.request) ?? .rejected(offset: $0.offset) }
            step(owner) { $0.requestsRead(items, now: $1, &$2) }
            for record in batch where record.request == nil && record.offset >= fresh { deadLetter(record, owner) }
        }
        if owner.next < owner.log.records.count {
            planRead(owner)
        } else {
            step(owner) { $0.intakeEndReached($0.nextOffset, now: $1, &$2) }
        }
    }

    private func deadLetter(_ rejected: SimulatedLog.Record, _ owner: SimulatedOwner) {
        let mayBeLost = random.oneIn(2)
        at(now + .random(in: 0...(faults.deadLetterDelay + 50), using: &random)) { [self] in
            if owner.isGone, !owner.goesOn, mayBeLost { return }
            checks.wasDeadLettered(rejected.offset)
            step(owner) { $0.requestDeadLettered(rejected.offset, now: $1, &$2) }
        }
    }

    private func wake(_ owner: SimulatedOwner) {
        guard !owner.isGone, let time = owner.scheduler.wakeAt else { return }
        let wakeTime = max(now, time.rawValue - owner.clockOffset)
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
        _ event: @escaping (inout PartitionScheduler, EpochMilliseconds, inout Effects) -> Void
    ) {
        guard !owner.isGone else { return }
        guard now >= owner.frozenUntil else {
            at(owner.frozenUntil) { [self] in step(owner, event) }
            return
        }
        var effects = Effects()
        let wasCatchingUp = owner.scheduler.isCatchingUp
        event(&owner.scheduler, wallClock(of: owner), &effects)
        if wasCatchingUp, owner.scheduler.isRunning { checks.ownerHasCaughtUp(owner) }
        if owner.scheduler.isRunning { checks.ownerFires(owner, since: wallClock(of: owner)) }
        checks.bounds(owner)
        perform(effects, owner)
        wake(owner)
    }

    // MARK: Effects

    /// Carries out what is asked for, in any order but that of the deliveries, unless the process ends in the midst.
    private func perform(_ effects: Effects, _ owner: SimulatedOwner) {
        trace { "effects \(summary(of: effects)); horizon \(owner.scheduler.keys.window.horizon.time.rawValue)" }
        var groups: [[() -> Void]] = [
            effects.deliver.map { delivery in { self.deliver(delivery, owner) } },
            effects.deadLetter.map { failed in { self.deadLetter(failed, owner) } },
            effects.store.map { call in { self.write(call, owner) } },
            effects.lookUp.map { call in { self.lookUp(call, owner) } },
            effects.loadPage.map { call in [{ self.loadPage(call, owner) }] } ?? [],
            effects.commit.map { offset in [{ self.commit(offset, owner) }] } ?? [],
        ]
        groups.shuffle(using: &random)
        for action in groups.joined() {
            if let left = owner.effectsToCrash {
                owner.effectsToCrash = left - 1
                if left == 0 { crash(owner) }
            }
            guard !owner.isGone else { return }
            action()
        }
        if let intake = effects.intake {
            owner.isPaused = intake == .pause
            if !owner.isPaused { planRead(owner) }
        }
        if effects.drained { drained(owner) }
    }

    private func deliver(_ delivery: Delivery, _ owner: SimulatedOwner) {
        let schedule = delivery.schedule
        checks.wasHandedOut(schedule, by: owner, at: wallClock(of: owner))
        guard schedule.target.callback == nil else { return admit(delivery, owner) }
        // One idempotent producer: what was produced first arrives first in its topic.
        let delay: Int64 = schedule.target == .topic("slow") ? 5_000 : 30
        let time = max(owner.producerTimes[schedule.target] ?? 0, now + .random(in: 0...delay, using: &random))
        owner.producerTimes[schedule.target] = time
        let mayBeLost = random.oneIn(2)
        at(time) { [self] in
            if owner.isGone, !owner.goesOn, mayBeLost { return }
            switch schedule.target {
            case .topic("missing"), .topic("refusing"):
                let code: DeadLetterCode = schedule.target == .topic("missing") ? .unknownTopic : .deliveryRejected
                let failure = DeliveryFailure(code: code, detail: "no")
                step(owner) { $0.deliveryFailed([(delivery.token, failure)], now: $1, &$2) }
            default:
                checks.wasDelivered(schedule)
                at(now + .random(in: 0...30, using: &random)) { [self] in
                    delivered(delivery, owner)
                }
            }
        }
    }

    private func delivered(_ delivery: Delivery, _ owner: SimulatedOwner) {
        step(owner) { [self] in
            checks.hasLanded(delivery.schedule, owner)
            $0.delivered([delivery.token], now: $1, &$2)
        }
    }

    /// A callback goes to the part that sends them: it is attempted, waits behind an ordered one, or is put off.
    private func admit(_ delivery: Delivery, _ owner: SimulatedOwner) {
        let now = wallClock(of: owner)
        if owner.callbacks >= faults.maxCallbacks {
            let pause = now.advanced(byMilliseconds: faults.callbackPause)
            carryOut(owner.order.putOff(delivery.schedule, to: pause), owner)
            return handBack(delivery, to: pause, nil, owner)
        }
        carryOut(owner.order.admit(delivery.schedule, delivery, now: now), owner)
    }

    private func carryOut(_ decisions: [CallbackOrder<Delivery>.Decision], _ owner: SimulatedOwner) {
        for decision in decisions {
            switch decision {
            case .attempt(let delivery): call(delivery, owner)
            case .putOff(let delivery, let time): handBack(delivery, to: time, nil, owner)
            }
        }
    }

    /// A callback is attempted, beside the others and in any time; or it is put off.
    private func call(_ delivery: Delivery, _ owner: SimulatedOwner) {
        let schedule = delivery.schedule
        if random.oneIn(faults.putOffs) { return putOff(delivery, nil, owner) }
        checks.isAttempted(schedule, by: owner)
        owner.callbacks += 1
        let mayBeLost = random.oneIn(2)
        at(now + .random(in: 0...1_500, using: &random)) { [self] in
            if owner.isGone, !owner.goesOn, mayBeLost { return }
            owner.callbacks -= 1
            let isBusy = random.oneIn(faults.failedAttempts)
            if isBusy, schedule.attempt < Self.maxAttempts { return putOff(delivery, "answered 503", owner) }
            checks.hasEnded(schedule, of: owner)
            if isBusy || random.oneIn(12) {
                let failure = DeliveryFailure(code: .callbackFailed, detail: "answered")
                step(owner) { $0.deliveryFailed([(delivery.token, failure)], now: $1, &$2) }
            } else {
                checks.wasDelivered(schedule)
                delivered(delivery, owner)
            }
            if !owner.isGone { carryOut(owner.order.ended(schedule), owner) }
        }
    }

    private func putOff(_ delivery: Delivery, _ failure: String?, _ owner: SimulatedOwner) {
        guard !owner.isGone else { return }
        let pause = Int64.random(in: 0...(random.oneIn(2) ? 500 : 10_000), using: &random)
        let time = wallClock(of: owner).advanced(byMilliseconds: pause)
        if !owner.isDraining { carryOut(owner.order.putOff(delivery.schedule, to: time), owner) }
        handBack(delivery, to: time, failure, owner)
    }

    /// The scheduler is told of all that was put off at one time, in one outcome.
    private func handBack(
        _ delivery: Delivery,
        to time: EpochMilliseconds,
        _ failure: String?,
        _ owner: SimulatedOwner
    ) {
        trace { "put off @\(delivery.schedule.position.offset) to \(time.rawValue) \(failure ?? "")" }
        checks.wasPutOff(delivery.schedule, isFailure: failure != nil)
        owner.putOff.append((delivery.schedule, Postponement(token: delivery.token, time: time, failure: failure)))
        if owner.putOff.count == 1 { takeOutcome(owner, at: now) }
    }

    private func takeOutcome(_ owner: SimulatedOwner, at time: Int64) {
        at(time) { [self] in
            guard now >= owner.frozenUntil else { return takeOutcome(owner, at: owner.frozenUntil) }
            owner.order.outcomeTaken()
            let postponements = owner.putOff
            owner.putOff = []
            step(owner) { [self] in
                for (schedule, _) in postponements { checks.hasLanded(schedule, owner) }
                $0.deliveriesPutOff(postponements.map(\.postponement), now: $1, &$2)
            }
        }
    }

    private func deadLetter(_ failed: Effects.FailedDelivery, _ owner: SimulatedOwner) {
        let mayBeLost = random.oneIn(2)
        at(now + .random(in: 0...faults.deadLetterDelay, using: &random)) { [self] in
            if owner.isGone, !owner.goesOn, mayBeLost { return }
            checks.wasDeadLettered(failed.delivery.schedule.position.offset)
            step(owner) { [self] in
                checks.hasLanded(failed.delivery.schedule, owner)
                $0.deliveryDeadLettered([failed.delivery.token], now: $1, &$2)
            }
        }
    }

    private func write(_ call: Effects.StoreCall, _ owner: SimulatedOwner) {
        at(storeTime()) { [self] in
            if owner.isUnaware, random.oneIn(2) {
                // Its answer is lost, and it is not repeated.
                applyLate(call)
            } else if owner.isGone {
                if owner.goesOn || faults.hasStaleWrites && random.oneIn(2) { applyLate(call) }
            } else if random.oneIn(faults.brokenCalls) {
                trace { "call \(call.id) breaks off" }
                store.applyPart(of: call.changes, now: wallClock(of: owner), &random)
                if owner.isUnaware { checks.wroteLate(call.changes) }
                if faults.hasLateWrites, random.oneIn(2) { applyLate(call) }
                write(call, owner)
            } else {
                if owner.isUnaware { checks.wroteLate(call.changes) }
                store.apply(call.changes, now: wallClock(of: owner))
                at(storeTime()) { [self] in
                    trace { "call \(call.id) is done" }
                    step(owner) { $0.changesStored(call.id, now: $1, &$2) }
                }
            }
        }
    }

    /// A call that counts as broken off, or whose owner is gone, is carried out all the same, wholly or in part.
    private func applyLate(_ call: Effects.StoreCall) {
        at(storeTime() + .random(in: 0...3_000, using: &random)) { [self] in
            trace { "call \(call.id) comes late" }
            checks.wroteLate(call.changes)
            let time = EpochMilliseconds(rawValue: now)
            if random.oneIn(2) {
                store.apply(call.changes, now: time)
            } else {
                store.applyPart(of: call.changes, now: time, &random)
            }
        }
    }

    private func loadPage(_ call: Effects.PageCall, _ owner: SimulatedOwner) {
        at(storeTime()) { [self] in
            guard !random.oneIn(faults.brokenCalls) else { return loadPage(call, owner) }
            let page = store.page(call, now: EpochMilliseconds(rawValue: now))
            at(storeTime()) { [self] in
                trace { "page \(page.items.map { "@\($0.schedule.position.offset)" }) \(page.reachedEnd)" }
                step(owner) { $0.pageLoaded(page, now: $1, &$2) }
            }
        }
    }

    private func lookUp(_ call: Effects.LookUpCall, _ owner: SimulatedOwner) {
        owner.lookUpsSent[call.id] = now
        ask(call, owner)
        at(now + Self.patience) { [self] in
            guard owner.lookUpsSent[call.id] != nil else { return }
            step(owner) { $0.lookUpDelayed(call.id, now: $1, &$2) }
        }
    }

    private func ask(_ call: Effects.LookUpCall, _ owner: SimulatedOwner) {
        at(storeTime()) { [self] in
            guard !random.oneIn(faults.brokenCalls) else { return ask(call, owner) }
            let answers = store.lookUp(call.keys, now: EpochMilliseconds(rawValue: now))
            at(storeTime()) { [self] in
                owner.lookUpsSent[call.id] = nil
                trace { "answer \(call.id): \(answers.map { "\($0.record?.requestOffset ?? -1) \($0.isPending)" })" }
                step(owner) { $0.keysLookedUp(call.id, answers, now: $1, &$2) }
            }
        }
    }

    private func commit(_ offset: Int64, _ owner: SimulatedOwner) {
        // Neither an owner that the group does not know nor one of a topic that is gone commits anything.
        guard self.owner === owner, owner.log === log else { return }
        owner.toCommit = offset
        checks.committed(offset, log: log, timeline: store.timeline)
        let isRefused = random.oneIn(10)
        at(now + .random(in: 0...200, using: &random)) { [self] in
            guard self.owner === owner, owner.log === log else { return }
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
