import Scheduling
import TestSupport

/// What a simulated world is like, drawn from its seed.
struct SimulatedFaults: CustomStringConvertible {
    var requests: Int
    var keys: Int
    var orderingKeys: Int
    var limits: SchedulerLimits
    /// How long a run is fed with requests and faults, in milliseconds.
    var span: Int64
    /// The longest delay of a store call, in milliseconds.
    var storeDelay: Int64
    /// One store call in so many breaks off half way and is repeated.
    var brokenCalls: Int
    /// Whether a call that broke off may be carried out in part later, after it has been repeated: the connection was
    /// lost, the request was not.
    var hasLateWrites: Bool
    var outages: Int
    var crashes: Int
    /// Whether calls of an owner that is gone may still reach the store, after its successor has begun.
    var hasStaleWrites: Bool
    /// How often the group takes the partition from an owner whose calls go on.
    var losses: Int
    /// How often a process stands still.
    var freezes: Int
    var drains: Int
    var clockSteps: Int
    /// How often many schedules of one instant are asked for at once.
    var bursts: Int
    /// Whether the intake topic is deleted and created again.
    var hasNewTopic: Bool
    /// One key in so many delivers into a topic that does not exist.
    var badTopics: Int
    /// One key in so many delivers into a topic that takes its time.
    var slowTopics: Int
    /// The longest delay of a dead letter, in milliseconds.
    var deadLetterDelay: Int64
    /// One key in so many names a URL; 0 for none.
    var callbacks: Int
    /// One callback in so many is ordered; 0 for none.
    var orderedCallbacks: Int
    /// One attempt in so many fails and is made again.
    var failedAttempts: Int
    /// One callback in so many that is handed out is put off without an attempt.
    var putOffs: Int
    /// One record in so many cannot be accepted.
    var rejects: Int
    /// Behind one record in so many the log has a gap.
    var gaps: Int
    /// One read in so many brings records again that have been read.
    var rewinds: Int
    /// How many callbacks are attempted at once; what is due beyond is put off.
    var maxCallbacks: Int
    /// For how long such a one is put off, in milliseconds.
    var callbackPause: Int64
    /// Whether an owner that has lost the partition may act on for a while, beside its successor.
    var hasUnawareOwners: Bool
    /// How long key records are kept, in milliseconds; `nil` for ever.
    var keyRetention: Int64?
    /// Whether nothing takes time or fails, so that every schedule goes out in the millisecond it should.
    var isCalm: Bool

    init(_ random: inout SeededRandom) {
        requests = .random(in: 5...150, using: &random)
        keys = .random(in: 2...60, using: &random)
        orderingKeys = .random(in: 1...8, using: &random)
        span = .random(in: 2_000...40_000, using: &random)
        limits = SchedulerLimits()
        limits.horizonMilliseconds = .random(in: 500...20_000, using: &random)
        limits.maxResident = .random(in: 4...60, using: &random)
        limits.maxUnsettled = .random(in: 6...80, using: &random)
        limits.maxDeliveriesInFlight = .random(in: 1...30, using: &random)
        limits.maxStoreCallsInFlight = .random(in: 1...4, using: &random)
        limits.maxChangesPerCall = .random(in: 1...10, using: &random)
        limits.maxLookUpsInFlight = .random(in: 1...3, using: &random)
        limits.maxKeysPerLookUp = .random(in: 1...10, using: &random)
        limits.pageSize = .random(in: 1...20, using: &random)
        limits.catchUpMilliseconds = .random(in: 100...5_000, using: &random)
        // A schedule is small beside the limit, as real ones are: else a page could be let go as soon as it is here.
        let fewBytes = 4 * SimulatedWorld.maxPayload
        if random.oneIn(3) { limits.maxResidentBytes = .random(in: fewBytes...600, using: &random) }
        storeDelay = random.oneIn(3) ? 0 : .random(in: 1...800, using: &random)
        brokenCalls = random.oneIn(2) ? 0 : .random(in: 2...6, using: &random)
        hasLateWrites = random.oneIn(4)
        outages = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        crashes = random.oneIn(2) ? 0 : .random(in: 1...4, using: &random)
        hasStaleWrites = random.oneIn(2)
        losses = random.oneIn(3) ? .random(in: 1...3, using: &random) : 0
        freezes = random.oneIn(4) ? .random(in: 1...2, using: &random) : 0
        drains = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        clockSteps = random.oneIn(3) ? .random(in: 1...3, using: &random) : 0
        bursts = random.oneIn(6) ? .random(in: 1...2, using: &random) : 0
        hasNewTopic = random.oneIn(8)
        badTopics = random.oneIn(3) ? 5 : 0
        slowTopics = random.oneIn(4) ? 4 : 0
        deadLetterDelay = random.oneIn(4) ? 4_000 : 50
        rejects = random.oneIn(2) ? 8 : 0
        gaps = random.oneIn(2) ? 6 : 0
        rewinds = random.oneIn(4) ? 10 : 0
        if random.oneIn(3) { limits.maxUncommitted = .random(in: 10...60, using: &random) }
        isCalm = random.oneIn(5)
        callbacks = random.oneIn(3) ? 0 : .random(in: 1...4, using: &random)
        orderedCallbacks = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        failedAttempts = .random(in: 2...6, using: &random)
        putOffs = random.oneIn(2) ? 0 : .random(in: 2...8, using: &random)
        // What is put off for too short a time goes round and round, as it never does with the real limits.
        maxCallbacks = .random(in: 1...20, using: &random)
        callbackPause = .random(in: 500...2_000, using: &random)
        hasUnawareOwners = random.oneIn(2)
        keyRetention = random.oneIn(8) ? .random(in: 20_000...90_000, using: &random) : nil
        if isCalm { calmDown() }
    }

    private mutating func calmDown() {
        for part in Part.allCases where part.takesTime { turnOff(part) }
        limits.maxDeliveriesInFlight = 1_000
        orderedCallbacks = 0
    }

    /// Whether every look-up is answered before its schedule goes out. With a clock that is set back, one that was
    /// delivered may be sent again before it is due.
    var looksUpInTime: Bool {
        outages == 0 && clockSteps == 0 && freezes == 0 && brokenCalls == 0
            && storeDelay * 2 < SimulatedWorld.patience
    }

    var description: String {
        "\(requests) requests, \(keys) keys, span \(span) ms, horizon \(limits.horizonMilliseconds) ms, "
            + "resident \(limits.maxResident), store delay \(storeDelay) ms, broken calls \(brokenCalls), "
            + "late writes \(hasLateWrites), outages \(outages), crashes \(crashes), "
            + "stale writes \(hasStaleWrites), losses \(losses), freezes \(freezes), drains \(drains), "
            + "clock steps \(clockSteps), bursts \(bursts), new topic \(hasNewTopic), rewinds \(rewinds), calm \(isCalm), "
            + "callbacks \(callbacks), ordered \(orderedCallbacks), failed attempts \(failedAttempts), "
            + "put off \(putOffs), unaware owners \(hasUnawareOwners), key retention \(keyRetention ?? -1)"
    }
}

extension SimulatedFaults {
    /// What can be taken out of a world while a failure is narrowed down.
    enum Part: String, CaseIterable {
        case storeDelay, brokenCalls, lateWrites, outages, crashes, staleWrites, losses, freezes, drains, clockSteps
        case bursts, newTopic, badTopics, callbacks, orderedCallbacks, putOffs, slowTopics, deadLetterDelay, rejects,
            gaps, rewinds, smallMemory, unawareOwners, keyExpiry

        /// Whether a world without it is a calmer one: then it takes time, or makes owners change.
        var takesTime: Bool {
            switch self {
            case .storeDelay, .brokenCalls, .lateWrites, .outages, .crashes, .losses, .freezes, .clockSteps, .newTopic,
                .slowTopics:
                true
            case .staleWrites, .drains, .bursts, .badTopics, .callbacks, .orderedCallbacks, .putOffs, .deadLetterDelay,
                .rejects, .gaps, .rewinds, .smallMemory, .unawareOwners, .keyExpiry:
                false
            }
        }
    }

    mutating func turnOff(_ part: Part) {
        switch part {
        case .storeDelay: storeDelay = 0
        case .brokenCalls: brokenCalls = 0
        case .lateWrites: hasLateWrites = false
        case .outages: outages = 0
        case .crashes: crashes = 0
        case .staleWrites: hasStaleWrites = false
        case .losses: losses = 0
        case .freezes: freezes = 0
        case .drains: drains = 0
        case .clockSteps: clockSteps = 0
        case .bursts: bursts = 0
        case .newTopic: hasNewTopic = false
        case .badTopics: badTopics = 0
        case .callbacks: callbacks = 0
        case .orderedCallbacks: orderedCallbacks = 0
        case .putOffs: putOffs = 0
        case .slowTopics: slowTopics = 0
        case .deadLetterDelay: deadLetterDelay = 0
        case .rejects: rejects = 0
        case .gaps: gaps = 0
        case .rewinds: rewinds = 0
        case .unawareOwners: hasUnawareOwners = false
        case .keyExpiry: keyRetention = nil
        case .smallMemory:
            limits.maxResidentBytes = SchedulerLimits().maxResidentBytes
            limits.maxUncommitted = SchedulerLimits().maxUncommitted
        }
    }
}
