internal import DequeModule
internal import Scheduling

/// What is known of one host (scheme, name and port), and what waits for it: its share of requests, its circuit breaker.
///
/// A value; time is an argument, and pauses are measured by uptime. The share begins small and grows by one with each
/// success, so that a host which does not answer never holds many places; a failure halves it. After five failures in a
/// row the host is broken: nothing is sent to it until a pause is over, then one request at a time tries it, and each
/// failure doubles the pause. What is due for it meanwhile is put off, in order, and does not count as attempted.
struct CallbackHost {
    /// Whether the host works, as far as is known.
    enum HostState: Equatable {
        /// It does; `failures` in a row so far.
        case working(failures: Int)
        /// It does not, and is left alone until then. Goes on to `tried`.
        case broken(until: Uptime, pause: Int64)
        /// One request is being made to see.
        case tried(pause: Int64)
    }

    /// What to do with a schedule that is due.
    enum Admission: Equatable {
        /// Send it when its turn comes.
        case accepted
        /// Put it off to this time.
        case putOff(EpochMilliseconds)
    }

    static let maximumInFlight = 128
    private static let initialShare = 4
    private static let maximumQueued = 2_000
    private static let maximumQueuedBytes = 16 << 20
    private static let failuresToBreak = 5
    private static let firstPause: Int64 = 1_000
    private static let longestPause: Int64 = 60_000
    /// The longest that a schedule is put off at once because the host has been broken for long, in milliseconds.
    private static let longestPutOff: Int64 = 300_000
    /// How long one is put off that finds the queue full, in milliseconds.
    private static let pauseWhenFull: Int64 = 1_000

    private(set) var state = HostState.working(failures: 0)
    private var brokenSince = Uptime.zero
    private var share = Self.initialShare
    private(set) var inFlight = 0
    private var queue: Deque<CallbackCall> = []
    private var queuedBytes = 0
    /// What was put off; the next one goes behind it.
    private var putOffs = PutOffSequence()
    /// Whether the host stands in the list of those that have something to send.
    var isListed = false

    var queuedCount: Int { queue.count }

    /// Whether it is left alone, or tried again after that.
    var isPaused: Bool {
        if case .working = state { false } else { true }
    }

    /// Whether nothing is kept that matters at `now`.
    func isIdle(_ now: Uptime) -> Bool {
        guard inFlight == 0, queue.isEmpty, putOffs.end < now else { return false }
        switch state {
        case .working: return true
        case .broken(let until, _): return until.advanced(byMilliseconds: Self.longestPutOff) < now
        case .tried: return false
        }
    }

    // MARK: What is due

    /// Decides about a call that may be attempted.
    mutating func admit(_ call: CallbackCall, _ now: Moment) -> Admission {
        switch state {
        case .broken(let until, let pause):
            guard until <= now.uptime else { return .putOff(putOff(call, now, earliest: until)) }
            state = .tried(pause: pause)
        case .tried(let pause):
            guard inFlight + queue.count == 0 else {
                return .putOff(putOff(call, now, earliest: now.uptime.advanced(byMilliseconds: pause)))
            }
        case .working:
            guard queue.count < Self.maximumQueued, queuedBytes < Self.maximumQueuedBytes else {
                return .putOff(putOff(call, now, earliest: now.uptime.advanced(byMilliseconds: Self.pauseWhenFull)))
            }
        }
        queue.append(call)
        queuedBytes += call.bytes
        return .accepted
    }

    private mutating func putOff(_ call: CallbackCall, _ now: Moment, earliest: Uptime) -> EpochMilliseconds {
        var earliest = earliest
        if isPaused {
            // The longer a host has been broken, the longer its schedules are left where they cost nothing.
            let age = max(0, now.uptime.milliseconds - brokenSince.milliseconds)
            earliest = max(earliest, now.uptime.advanced(byMilliseconds: min(age / 4, Self.longestPutOff)))
        }
        return putOffs.time(for: call.schedule, earliest: earliest, now: now)
    }

    /// Everything that waits is put off; called when the host breaks.
    mutating func putOffQueue(_ now: Moment) -> [(call: CallbackCall, time: EpochMilliseconds)] {
        guard case .broken(let until, _) = state else { return [] }
        let calls = queue
        queue = []
        queuedBytes = 0
        return calls.map { ($0, putOff($0, now, earliest: until)) }
    }

    /// Takes out what waits and is of this owner.
    mutating func removeQueued(of owner: UInt32) -> [CallbackCall] {
        let calls = queue.filter { $0.sender.owner == owner }
        queue.removeAll { $0.sender.owner == owner }
        queuedBytes = queue.reduce(0) { $0 + $1.bytes }
        endTrialIfIdle()
        return Array(calls)
    }

    // MARK: Attempts

    /// The next call to make, if the host has a place free.
    mutating func takeNext() -> CallbackCall? {
        guard canStart, let call = queue.popFirst() else { return nil }
        queuedBytes -= call.bytes
        inFlight += 1
        return call
    }

    var canStart: Bool { !queue.isEmpty && inFlight < share }

    /// An attempt has had an answer that is the endpoint's last word.
    ///
    /// - Returns: whether the host was broken.
    mutating func answered() -> Bool {
        inFlight -= 1
        share = min(share + 1, Self.maximumInFlight)
        defer { state = .working(failures: 0) }
        if case .working = state { return false }
        return true
    }

    /// An attempt has failed in a way that may pass.
    ///
    /// - Returns: whether the host has broken by it.
    mutating func failed(_ now: Uptime) -> Bool {
        inFlight -= 1
        share = max(share / 2, 1)
        switch state {
        case .working(let failures) where failures + 1 < Self.failuresToBreak:
            state = .working(failures: failures + 1)
            return false
        case .working:
            brokenSince = now
            state = .broken(until: now.advanced(byMilliseconds: Self.firstPause), pause: Self.firstPause)
            return true
        case .tried(let pause):
            // One that was on its way before may say it for the one that tries.
            let longer = min(pause * 2, Self.longestPause)
            state = .broken(until: now.advanced(byMilliseconds: longer), pause: longer)
            return false
        case .broken:
            return false
        }
    }

    /// An attempt was given up and says nothing of the host.
    mutating func givenUp() {
        inFlight -= 1
        endTrialIfIdle()
    }

    /// The request that was to try the host has been taken back: the next one tries.
    private mutating func endTrialIfIdle() {
        guard case .tried(let pause) = state, inFlight + queue.count == 0 else { return }
        state = .broken(until: .zero, pause: pause)
    }
}
