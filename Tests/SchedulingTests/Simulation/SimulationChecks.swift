internal import SimulatedStore

@testable import Scheduling

/// The promises, each checked by a function of its own against what a world's outside saw.
struct SimulationChecks {
    private struct Identity: Hashable {
        var key: ScheduleKey
        var time: EpochMilliseconds
    }

    private(set) var problems: [String] = []
    private let faults: SimulatedFaults

    private var deliveries: [Int64: Int] = [:]
    private var deadLetters: [Int64: Int] = [:]
    /// Crashes, and partitions lost without notice.
    private var interruptions = 0
    /// Writes that came after they had been repeated, or after their owner had gone.
    private var lateWrites = 0
    /// Of which keys. What they put may have been replaced, cancelled or delivered before; a cancel may find an older
    /// record in the place of a newer one, and nothing to do.
    private var keysBroughtBack: Set<ScheduleKey> = []
    /// What their key records name. An older record in the place of a newer one says that its schedule was delivered,
    /// while it was replaced: a create that goes back to the time of that one is taken for its repeat.
    private var recordsBroughtBack: Set<Identity> = []
    /// Changes of owner, orderly ones included. A rejected request leaves nothing in the store, so one above an offset
    /// that is still unsettled is rejected again by the next owner.
    private var handovers = 0
    private var committedOffset: Int64 = 0

    /// Schedules of topics that are no more, which were in the store when those ended.
    private var owed: [Schedule] = []

    /// The attempt that comes next, by offset; 1 where there is none.
    private var nextAttempts: [Int64: Int32] = [:]
    /// Creates that were read while one with the same key and time was being delivered: duplicates at once.
    private var repeatsInFlight: Set<Int64> = []

    /// Whether the store holds nothing but what its present owner knows of.
    private var storeIsUndisturbed: Bool { lateWrites == 0 }

    init(faults: SimulatedFaults) {
        self.faults = faults
    }

    private mutating func problem(_ text: String) {
        problems.append(text)
    }

    // MARK: What happens

    mutating func ownerStarted(_ log: SimulatedLog, _ store: SimulatedStore) {
        handovers += 1
        // Half of a change, and the log that would have it made whole is gone: the record names another create.
        for schedule in store.timeline.values where schedule.position.offset < log.start {
            if store.records[schedule.key]?.position != schedule.position { keysBroughtBack.insert(schedule.key) }
        }
    }

    /// Design rule "Catch up, then fire": all that was in the log at the assignment has been read, unless that took too long
    /// or came to a bound.
    mutating func ownerHasCaughtUp(_ owner: SimulatedOwner) {
        let intake = owner.scheduler.keys.intake
        let limits = owner.scheduler.limits
        guard !intake.hasReadReplay, !owner.isOverdue, intake.unsettledCount < limits.maxUnsettled,
            intake.uncommittedCount < limits.maxUncommitted
        else { return }
        problem("it fires at @\(intake.next) before it has come to @\(intake.replayEnd)")
    }

    mutating func ownerFires(_ owner: SimulatedOwner, since now: EpochMilliseconds) {
        if owner.history.firingSince == nil { owner.history.firingSince = now }
    }

    mutating func ownerWasInterrupted() {
        interruptions += 1
    }

    /// A write came after it had been repeated, or after its owner had gone.
    mutating func wroteLate(_ changes: [KeyChange]) {
        lateWrites += 1
        for change in changes where change.put != nil || change.record != nil {
            keysBroughtBack.insert(change.key)
            guard let record = change.record, record.state == .latest else { continue }
            recordsBroughtBack.insert(Identity(key: change.key, time: record.scheduleTime))
        }
    }

    /// What the log held is gone; what was in the store is still to be delivered.
    mutating func topicWasRecreated(_ log: SimulatedLog, _ store: SimulatedStore) {
        committedOffset = 0
        for schedule in store.timeline.values where deliveries[schedule.position.offset] == nil {
            if !log.isSuperseded(schedule), !isRepeat(schedule, log) { owed.append(schedule) }
        }
    }

    mutating func wasRead(_ record: SimulatedLog.Record, by owner: SimulatedOwner, at now: EpochMilliseconds) {
        owner.history.reads += 1
        owner.history.arrivals[record.offset] = (owner.history.reads, now)
        switch record.request {
        case .create(let schedule):
            let latest = owner.history.latestCreate[schedule.key] ?? -1
            let repeats = owner.log.earlierRepeats(of: schedule)
            if repeats.contains(where: { $0 >= latest && owner.history.inFlight.contains($0) }) {
                repeatsInFlight.insert(record.offset)
            } else {
                owner.history.latestRead[schedule.key] = record.offset
                // One that repeats a delivered schedule is dropped, so the create before it stays the latest.
                if !isRepeat(schedule, owner.log) { owner.history.latestCreate[schedule.key] = record.offset }
            }
        case .cancel(let cancellation): owner.history.latestRead[cancellation.key] = record.offset
        case nil: break
        }
    }

    mutating func wasHandedOut(_ schedule: Schedule, by owner: SimulatedOwner, at now: EpochMilliseconds) {
        neverEarly(schedule, now)
        neverLate(schedule, now, owner)
        latestWins(schedule, now, owner)
        inOrderPerKey(schedule, owner)
        numberedRight(schedule)
        let known = owner.history.latestHandedOutOfKey[schedule.key] ?? -1
        owner.history.latestHandedOutOfKey[schedule.key] = max(known, schedule.position.offset)
        owner.history.inFlight.insert(schedule.position.offset)
        if schedule.target.callback?.isOrdered == true {
            owner.history.unfinished[schedule.orderingKey, default: [:]][schedule.position.offset] = schedule
        }
    }

    /// A callback is attempted, not only handed out.
    mutating func isAttempted(_ schedule: Schedule, by owner: SimulatedOwner) {
        behindOrdered(schedule, owner)
    }

    mutating func wasPutOff(_ schedule: Schedule, isFailure: Bool) {
        // An owner that has lost the partition may be behind.
        if isFailure {
            let known = nextAttempts[schedule.position.offset] ?? 0
            nextAttempts[schedule.position.offset] = max(known, schedule.attempt + 1)
        }
    }

    /// Its scheduler learns what has become of a delivery.
    func hasLanded(_ schedule: Schedule, _ owner: SimulatedOwner) {
        owner.history.inFlight.remove(schedule.position.offset)
    }

    /// It is delivered, or has failed for good.
    func hasEnded(_ schedule: Schedule, of owner: SimulatedOwner) {
        owner.history.unfinished[schedule.orderingKey]?[schedule.position.offset] = nil
    }

    mutating func wasDelivered(_ schedule: Schedule) {
        deliveries[schedule.position.offset, default: 0] += 1
    }

    mutating func wasDeadLettered(_ offset: Int64) {
        deadLetters[offset, default: 0] += 1
    }

    // MARK: At each delivery

    /// Design rule "Never early, and in order", first half.
    private mutating func neverEarly(_ schedule: Schedule, _ now: EpochMilliseconds) {
        if schedule.position.time > now { problem("early: \(name(schedule)) at \(now.rawValue)") }
    }

    /// Design rules "Horizon" and "What is resident never waits for the store": in a world where nothing takes time, a schedule
    /// goes out in the millisecond it is due, or arrives, or its owner begins to fire.
    private mutating func neverLate(_ schedule: Schedule, _ now: EpochMilliseconds, _ owner: SimulatedOwner) {
        guard faults.isCalm, let firingSince = owner.history.firingSince else { return }
        let arrival = owner.history.arrivals[schedule.position.offset]?.time ?? .zero
        let expected = max(schedule.position.time, arrival, firingSince)
        if now > expected { problem("late: \(name(schedule)) at \(now.rawValue), not \(expected.rawValue)") }
    }

    /// Design rule "Never early, and in order", second half: within one owner's time the deliveries of an ordering key
    /// are in position order, but for what was read after a later one had gone out.
    private mutating func inOrderPerKey(_ schedule: Schedule, _ owner: SimulatedOwner) {
        // What was put off, and every attempt but the first, comes when it comes.
        guard schedule.retry == nil else { return }
        defer { owner.history.latestHandedOut[schedule.orderingKey] = (schedule, owner.history.reads) }
        guard let (before, readsBefore) = owner.history.latestHandedOut[schedule.orderingKey],
            before.position > schedule.position
        else { return }
        if let arrival = owner.history.arrivals[schedule.position.offset], arrival.number > readsBefore { return }
        if keysBroughtBack.contains(schedule.key) { return }
        problem("out of order: \(name(schedule)) after \(name(before))")
    }

    /// An ordered callback holds the callbacks behind it on its ordering key until it has ended.
    private mutating func behindOrdered(_ schedule: Schedule, _ owner: SimulatedOwner) {
        guard storeIsUndisturbed else { return }
        for other in (owner.history.unfinished[schedule.orderingKey] ?? [:]).values
        where other.origin < schedule.origin {
            // Superseded, or dropped once a look-up has told that it repeats a delivered one.
            if isKnownSuperseded(other, owner) || isRepeat(other, owner.log) { continue }
            problem("overtaken: \(name(other)) by \(name(schedule))")
        }
    }

    /// Design rule "Retries are schedules": the next attempt is the one after the last that failed.
    private mutating func numberedRight(_ schedule: Schedule) {
        let next = nextAttempts[schedule.position.offset] ?? 1
        let isCertain = interruptions == 0 && storeIsUndisturbed
        if schedule.attempt > next || isCertain && schedule.attempt != next {
            problem("attempt \(schedule.attempt) and not \(next): \(name(schedule))")
        }
    }

    /// Design rule "Latest wins": nothing goes out of which its owner knows that it was replaced or cancelled.
    private mutating func latestWins(_ schedule: Schedule, _ now: EpochMilliseconds, _ owner: SimulatedOwner) {
        guard let latest = owner.history.latestRead[schedule.key], latest > schedule.position.offset else { return }
        if keysBroughtBack.contains(schedule.key) { return }
        if interruptions > 0, isDroppedRepeat(latest, of: schedule, owner.log) { return }
        // So long overdue that its key record had expired when the request was read.
        let skew: Int64 = faults.clockSteps > 0 ? 90_000 : 0
        let age = now.rawValue - schedule.scheduleTime.rawValue
        if let retention = faults.keyRetention, age + skew > retention { return }
        problem("delivered although request \(latest) superseded it: \(name(schedule))")
    }

    /// Whether the request at `offset` asks for `schedule` once more and was dropped, since that was delivered before. A
    /// crash between the steps of a change can leave two items of one create, and only one of them is delivered then.
    private func isDroppedRepeat(_ offset: Int64, of schedule: Schedule, _ log: SimulatedLog) -> Bool {
        guard case .create(let repeated) = log.request(at: offset), repeated.key == schedule.key,
            repeated.scheduleTime == schedule.scheduleTime
        else { return false }
        return isRepeat(repeated, log)
    }

    /// Whether `owner` knows of a request that takes the place of `schedule`, because it has read it or has delivered it from
    /// the store.
    private func isKnownSuperseded(_ schedule: Schedule, _ owner: SimulatedOwner) -> Bool {
        let history = owner.history
        let latest = max(history.latestRead[schedule.key] ?? -1, history.latestHandedOutOfKey[schedule.key] ?? -1)
        return latest > schedule.position.offset
    }

    // MARK: At each commit

    /// Design rule "Settled": whatever lies below a committed offset is safe elsewhere.
    mutating func committed(_ offset: Int64, log: SimulatedLog, timeline: [Position: Schedule]) {
        defer { committedOffset = max(committedOffset, offset) }
        guard offset > committedOffset else { return }
        for record in log.records[log.index(of: committedOffset)..<log.index(of: offset)] {
            switch record.request {
            case .create(let schedule):
                if isSettled(schedule, log, timeline) { continue }
                problem("committed \(offset) past unsettled \(name(schedule))")
            case nil:
                if deadLetters[record.offset] == nil { problem("committed \(offset) past rejected @\(record.offset)") }
            case .cancel:
                continue
            }
        }
    }

    private func isSettled(_ schedule: Schedule, _ log: SimulatedLog, _ timeline: [Position: Schedule]) -> Bool {
        let offset = schedule.position.offset
        return timeline.keys.contains { $0.offset == offset } || deliveries[offset] != nil || deadLetters[offset] != nil
            || log.isSuperseded(schedule) || isRepeat(schedule, log) || repeatsInFlight.contains(offset)
    }

    /// Whether the same schedule, with the same time, was delivered before; or was being delivered, whatever came of it.
    private func isRepeat(_ schedule: Schedule, _ log: SimulatedLog) -> Bool {
        let isInFlight = repeatsInFlight.contains(schedule.position.offset)
        return log.earlierRepeats(of: schedule).contains {
            deliveries[$0] != nil || isInFlight && deadLetters[$0] != nil
        }
            || recordsBroughtBack.contains(Identity(key: schedule.key, time: schedule.scheduleTime))
    }

    // MARK: When all that can happen at one time has happened

    /// Nothing that could go on stands still.
    mutating func atRest(_ owner: SimulatedOwner, now: Int64, _ wallClock: EpochMilliseconds) {
        let scheduler = owner.scheduler
        readingNeverWaits(scheduler)
        guard scheduler.isRunning else { return }
        firingNeverWaits(scheduler, wallClock)
        if scheduler.keys.pen.count > 0 { waitsForLookUpOnly(owner, now) }
    }

    /// Design rule "Catch up, then fire": where nothing is on its way, it does not wait for room to read on.
    private mutating func readingNeverWaits(_ scheduler: PartitionScheduler) {
        guard scheduler.isCatchingUp, scheduler.isPaused, scheduler.keys.isQuiet, scheduler.keys.window.hasLoadedPage,
            scheduler.keys.window.load == nil
        else { return }
        problem("it catches up, is paused at @\(scheduler.nextOffset), and waits for nothing")
    }

    /// Design rule "What is resident never waits for the store": what is resident and due is handed out, whatever is delayed.
    private mutating func firingNeverWaits(_ scheduler: PartitionScheduler, _ now: EpochMilliseconds) {
        guard scheduler.keys.topicRoom > 0 else { return }
        let due = scheduler.overdueCount(at: now)
        if due > 0 { problem("\(due) due at \(now.rawValue) and not handed out") }
    }

    /// Design rule "What is resident never waits for the store": the pen holds something back only for a look-up that is young, or
    /// about the replay.
    private mutating func waitsForLookUpOnly(_ owner: SimulatedOwner, _ now: Int64) {
        let isYoung = owner.lookUpsSent.values.contains { now - $0 < SimulatedWorld.patience }
        if isYoung || owner.scheduler.keys.outbox.replayQuestions > 0 { return }
        problem("\(owner.scheduler.keys.pen.count) wait at \(now), and no look-up for them is young")
    }

    /// Design rule "Horizon": what the store holds at or below the horizon is in memory, or on its way out of the
    /// store. Writes of an owner long gone come behind the back of the present one.
    mutating func horizon(_ scheduler: PartitionScheduler, timeline: [Position: Schedule]) {
        guard scheduler.isRunning, storeIsUndisturbed else { return }
        for (position, schedule) in timeline where position <= scheduler.keys.window.horizon {
            let number = scheduler.keys.table.number(of: schedule.key)
            let isAccountedFor = number.map { scheduler.keys.table[$0].accounts(for: position) }
            if isAccountedFor != true { problem("below the horizon and not resident: \(name(schedule))") }
        }
    }

    /// Design rule "Bounded". One batch of at most 20 requests may be on its way when the intake is paused.
    mutating func bounds(_ owner: SimulatedOwner) {
        let scheduler = owner.scheduler
        let limits = scheduler.limits
        let unsettled = limits.maxUnsettled + SimulatedWorld.batch
        let callbacks = scheduler.callbacksInFlight
        owner.history.mostCallbacks = max(owner.history.mostCallbacks, callbacks)
        atMost(limits.maxResident, scheduler.residentCount, "resident")
        // When it pauses the intake there may be as many in the wheel, and what waits for its write; callbacks that were
        // put off come besides, all that were in flight perhaps.
        let held = 3 * limits.maxResident + unsettled + owner.history.mostCallbacks
        atMost(held, scheduler.keys.pen.count, "in the holding pen")
        atMost(unsettled, scheduler.unsettledCount, "unsettled")
        atMost(limits.maxUncommitted + SimulatedWorld.batch, scheduler.keys.intake.uncommittedCount, "uncommitted")
        atMost(limits.maxDeliveriesInFlight, scheduler.deliveriesInFlight - callbacks, "deliveries in flight")
        atMost(limits.maxStoreCallsInFlight, scheduler.keys.outbox.writes.count, "store calls")
        atMost(limits.maxLookUpsInFlight, scheduler.keys.outbox.lookUps.count, "look-ups")
        // Beside what pauses the intake and holds back pages: one batch, one page, what is in delivery, and callbacks that
        // were put off and wait for their write.
        let spare =
            SimulatedWorld.batch + limits.pageSize + limits.maxDeliveriesInFlight + limits.maxResident
            + 2 * owner.history.mostCallbacks + limits.maxUnsettled
        atMost(2 * limits.maxResidentBytes + spare * SimulatedWorld.maxPayload, scheduler.bytesInMemory, "bytes")
        // Besides what is counted above: deliveries done whose items wait to be deleted, and what is kept for a page.
        let entries =
            3 * limits.maxResident + limits.maxDeliveriesInFlight + 3 * unsettled + 2 * owner.history.mostCallbacks
        atMost(entries + limits.maxStoreCallsInFlight * limits.maxChangesPerCall, scheduler.keys.table.count, "entries")
    }

    private mutating func atMost(_ limit: Int, _ count: Int, _ what: String) {
        if count > limit { problem("\(count) \(what), at most \(limit) allowed") }
    }

    mutating func intact(_ scheduler: PartitionScheduler) {
        if let damage = scheduler.brokenInvariant() { problem(damage) }
    }

    // MARK: At the end

    mutating func atTheEnd(log: SimulatedLog, committed: Int64, timeline: [Position: Schedule]) {
        for record in log.records {
            switch record.request {
            case .create(let schedule): deliveredOnce(schedule, log)
            case nil:
                count(of: "rejected @\(record.offset)", deadLetters[record.offset] ?? 0, interruptions: handovers - 1)
            case .cancel: break
            }
        }
        for schedule in owed where !log.isSuperseded(schedule) { deliveredOnce(schedule, log) }
        // Design rule "Settled".
        let last = log.records.last.map { $0.offset + 1 } ?? committed
        if committed != last { problem("committed \(committed) of \(last) at the end") }
        // Design rule "Done means gone". Late writes may leave something that is dropped when read.
        if storeIsUndisturbed, !timeline.isEmpty {
            problem("left in the timeline: \(timeline.values.map(name))")
        }
    }

    /// The contract's guarantee: at least once, and once where nothing crashed.
    private mutating func deliveredOnce(_ schedule: Schedule, _ log: SimulatedLog) {
        let offset = schedule.position.offset
        let times = (deliveries[offset] ?? 0) + (deadLetters[offset] ?? 0)
        if times > 0 || !log.isSuperseded(schedule) && !isRepeat(schedule, log) {
            // The clock of the host before may have been ahead: what it has fired is not due yet for the next one, which
            // does not wait for the store where that takes longer than the catching up.
            // And without its key record a request read again is new.
            let behind = faults.clockSteps > 0 || faults.keyRetention != nil ? handovers - 1 : 0
            count(of: name(schedule), times, interruptions: interruptions + lateWrites + behind)
        }
        // A request sent again is dropped where the look-up is not given up.
        guard interruptions == 0, lateWrites == 0, faults.looksUpInTime, faults.keyRetention == nil,
            deliveries[offset] != nil,
            let before = log.requestBefore(schedule)
        else { return }
        if log.earlierRepeats(of: schedule).last == before, deliveries[before] != nil {
            problem("delivered again: \(name(schedule)), a repeat of @\(before)")
        }
    }

    private mutating func count(of name: String, _ times: Int, interruptions: Int) {
        if times == 0 { problem("lost: \(name)") }
        if times > 1 + interruptions {
            problem("delivered \(times) times with \(interruptions) interruptions: \(name)")
        }
    }

    private func name(_ schedule: Schedule) -> String {
        "\(schedule.key.scheduleKey)@\(schedule.position.offset) due \(schedule.position.time.rawValue)"
    }
}
