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
    var outages: Int
    var crashes: Int
    /// Whether calls of a crashed owner may still reach the store, after its successor has begun.
    var hasStaleWrites: Bool
    var drains: Int
    var clockSteps: Int
    /// One request in so many names a topic that does not exist.
    var badTopics: Int
    /// One request in so many is a callback; 0 for none.
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
        if random.oneIn(3) { limits.maxResidentBytes = .random(in: 100...600, using: &random) }
        storeDelay = random.oneIn(3) ? 0 : .random(in: 1...800, using: &random)
        brokenCalls = random.oneIn(2) ? 0 : .random(in: 2...6, using: &random)
        outages = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        crashes = random.oneIn(2) ? 0 : .random(in: 1...4, using: &random)
        hasStaleWrites = random.oneIn(2)
        drains = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        clockSteps = random.oneIn(3) ? .random(in: 1...3, using: &random) : 0
        badTopics = random.oneIn(3) ? 5 : 0
        rejects = random.oneIn(2) ? 8 : 0
        gaps = random.oneIn(2) ? 6 : 0
        rewinds = random.oneIn(4) ? 10 : 0
        if random.oneIn(3) { limits.maxUncommitted = .random(in: 10...60, using: &random) }
        isCalm = random.oneIn(5)
        callbacks = random.oneIn(3) ? 0 : .random(in: 1...4, using: &random)
        orderedCallbacks = random.oneIn(2) ? 0 : .random(in: 1...3, using: &random)
        failedAttempts = .random(in: 2...6, using: &random)
        putOffs = random.oneIn(2) ? 0 : .random(in: 2...8, using: &random)
        limits.maxCallbacksInFlight = .random(in: 1...20, using: &random)
        limits.callbackPauseMilliseconds = .random(in: 1...2_000, using: &random)
        limits.maxHeld = .random(in: 0...10, using: &random)
        limits.heldMilliseconds = .random(in: 1...3_000, using: &random)
        if isCalm { calmDown() }
    }

    private mutating func calmDown() {
        storeDelay = 0
        brokenCalls = 0
        outages = 0
        crashes = 0
        clockSteps = 0
        limits.maxDeliveriesInFlight = 1_000
        orderedCallbacks = 0
    }

    /// Whether every look-up is answered before its schedule goes out. With a clock that is set back, one that was
    /// delivered may be sent again before it is due.
    var looksUpInTime: Bool { outages == 0 && clockSteps == 0 && storeDelay * 2 < SimulatedWorld.patience }

    var description: String {
        "\(requests) requests, \(keys) keys, span \(span) ms, horizon \(limits.horizonMilliseconds) ms, "
            + "resident \(limits.maxResident), store delay \(storeDelay) ms, broken calls \(brokenCalls), "
            + "outages \(outages), crashes \(crashes), stale writes \(hasStaleWrites), drains \(drains), "
            + "clock steps \(clockSteps), rewinds \(rewinds), calm \(isCalm), "
            + "callbacks \(callbacks), ordered \(orderedCallbacks), failed attempts \(failedAttempts), "
            + "put off \(putOffs)"
    }
}
