@testable import Scheduling
import TestSupport

/// One partition in a random world: an intake log, owners that come and go, a store and topics with delays and
/// faults, a clock that steps. Everything follows from the seed, so a failing one replays exactly.
final class SimulatedWorld {
    let seed: UInt64
    let faults: SimulatedFaults
    var random: SeededRandom

    /// The intake, by offset.
    private(set) var log: [Request] = []
    private(set) var committed: Int64 = 0
    var store = SimulatedStore()
    private(set) var checks: SimulationChecks

    /// Whether to print what happens.
    var isTracing = false

    private var now: Int64 = 1_000_000
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
            if steps > 1_000_000 { return ["does not come to rest: \(String(describing: owner?.scheduler.wakeAt)) at \(now)"] }
            now = max(now, time)
            agenda.takeNext()?()
        }
        if checks.problems.isEmpty { checks.atTheEnd(log: log, committed: committed, timeline: store.timeline) }
        return checks.problems
    }

    private var wallClock: EpochMilliseconds { EpochMilliseconds(rawValue: now + clockOffset) }

    private func at(_ time: Int64, _ action: @escaping () -> Void) {
        agenda.add(max(time, now), action)
    }

    private func someTime(from start: Int64, _ action: @escaping () -> Void) {
        at(start + .random(in: 0...faults.span, using: &random), action)
    }

    // MARK: Producers

    private func appendRequest() {
        let offset = Int64(log.count)
        let name = Int.random(in: 0..<faults.keys, using: &random)
        let key = ScheduleKey(clientID: "c", scheduleKey: "k\(name)")
        if random.oneIn(5) {
            log.append(.cancel(Cancellation(key: key, orderingKey: nil, offset: offset)))
        } else {
            // Mostly soon, sometimes past, sometimes beyond the horizon; few distinct times, so that some coincide.
            let distance = Int64.random(in: random.oneIn(4) ? -2_000...100 : 0...30_000, using: &random)
            let time = (now + distance) / 50 * 50
            let topic = random.oneIn(faults.badTopics) ? "bad" : "t"
            log.append(
                .create(
                    Schedule(
                        key: key,
                        position: Position(time: EpochMilliseconds(rawValue: time), offset: offset),
                        orderingKey: "o\(name % faults.orderingKeys)",
                        target: .topic(topic),
                        payload: Array(repeating: 7, count: 10),
                        headers: RecordHeaders()
                    )
                )
            )
        }
        if random.oneIn(3), let last = log.last, case .create(let schedule) = last {
            repeatRequest(schedule)
        }
    }

    /// A client that did not see its acknowledgement sends the same request again, now or later.
    private func repeatRequest(_ schedule: Schedule) {
        at(now + .random(in: 0...3_000, using: &random)) { [self] in
            let position = Position(time: schedule.position.time, offset: Int64(log.count))
            log.append(
                .create(
                    Schedule(
                        key: schedule.key,
                        position: position,
                        orderingKey: schedule.orderingKey,
                        target: schedule.target,
                        payload: schedule.payload,
                        headers: schedule.headers
                    )
                )
            )
        }
    }

    // MARK: Owners

    private func startOwner() {
        trace { "an owner starts at \(committed) of \(log.count)" }
        let scheduler = PartitionScheduler(
            partition: 0,
            start: committed,
            end: Int64(log.count),
            now: wallClock,
            limits: faults.limits
        )
        let owner = SimulatedOwner(scheduler: scheduler, next: Int(committed))
        self.owner = owner
        checks.ownerStarted(committed: committed)
        step(owner) { $0.timeReached($1, &$2) }
        read(owner)
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
        checks.committed(committed, log: log, store: store)
        owner.isGone = true
        self.owner = nil
        at(now + .random(in: 0...1_000, using: &random)) { [self] in startOwner() }
    }

    private func read(_ owner: SimulatedOwner) {
        guard !owner.isGone, !owner.isDraining else { return }
        if !owner.isPaused {
            let count = Int.random(in: 1...20, using: &random)
            let batch = Array(log[min(owner.next, log.count)...].prefix(count))
            owner.next += batch.count
            if !batch.isEmpty {
                batch.forEach { checks.wasRead($0) }
                trace { "read \(batch.map(name))" }
                step(owner) { $0.requestsRead(batch.map(IntakeItem.request), now: $1, &$2) }
            }
            if owner.next == log.count { step(owner) { $0.intakeEndReached($1, &$2) } }
        }
        at(now + .random(in: 1...60, using: &random)) { [self] in read(owner) }
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
        if let intake = effects.intake { owner.isPaused = intake == .pause }
        if effects.drained { drained(owner) }
    }

    private func deliver(_ delivery: Delivery, _ owner: SimulatedOwner) {
        checks.wasHandedOut(delivery.schedule, at: wallClock, isStale: owner.isGone)
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
        at(storeTime()) { [self] in
            let answers = store.lookUp(call.keys)
            at(storeTime()) { [self] in
                owner.answered.insert(call.id)
                trace { "answer \(call.id): \(answers.map { "\($0.record?.requestOffset ?? -1) \($0.isPending)" })" }
                step(owner) { $0.keysLookedUp(call.id, answers, now: $1, &$2) }
            }
        }
        at(now + 500) { [self] in
            guard !owner.answered.contains(call.id) else { return }
            step(owner) { $0.lookUpDelayed(call.id, now: $1, &$2) }
        }
    }

    private func commit(_ offset: Int64, _ owner: SimulatedOwner) {
        owner.toCommit = offset
        checks.committed(offset, log: log, store: store)
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

    /// Tells what happens where one seed is replayed.
    private func trace(_ text: () -> String) {
        if isTracing { print("\(now) (\(wallClock.rawValue)): \(text())") }
    }

    private func name(_ request: Request) -> String {
        switch request {
        case .create(let schedule):
            "\(schedule.key.scheduleKey)@\(schedule.position.offset) due \(schedule.position.time.rawValue) "
                + "\(schedule.orderingKey)"
        case .cancel(let cancellation): "cancel \(cancellation.key.scheduleKey)@\(cancellation.offset)"
        }
    }

    private func summary(of effects: Effects) -> String {
        var parts = effects.deliver.map { "deliver \($0.schedule.key.scheduleKey)@\($0.schedule.position.offset)" }
        parts += effects.store.map { call in
            "store \(call.id): "
                + call.changes.map { change in
                    "\(change.key.scheduleKey) put \(change.put.map { "@\($0.position.offset)" } ?? "-") "
                        + "record \(change.record.map { "\($0.state) @\($0.requestOffset)" } ?? "-") "
                        + "delete \(change.deletes.map(\.offset))"
                }.joined(separator: ", ")
        }
        parts += effects.lookUp.map { "look up \($0.id): \($0.keys.map(\.scheduleKey))" }
        parts += effects.loadPage.map { ["page after \($0.after.time.rawValue)/\($0.after.offset) limit \($0.limit)"] } ?? []
        parts += effects.commit.map { ["commit \($0)"] } ?? []
        return parts.joined(separator: "; ")
    }

    private func storeTime() -> Int64 {
        let delay = Int64.random(in: 0...faults.storeDelay, using: &random)
        return max(now, outageEnd) + delay
    }
}

/// A process that owns the partition, or did.
final class SimulatedOwner {
    var scheduler: PartitionScheduler
    var next: Int
    var isGone = false
    var isDraining = false
    var isPaused = false
    var nextWake: Int64?
    var producerTime: Int64 = 0
    var toCommit: Int64 = 0
    var answered: Set<Int> = []

    init(scheduler: PartitionScheduler, next: Int) {
        self.scheduler = scheduler
        self.next = next
        toCommit = Int64(next)
    }
}
