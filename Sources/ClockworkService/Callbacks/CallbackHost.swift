internal import DequeModule
internal import Scheduling

/// What is known of one host (scheme, name and port), and what waits for it: its share of requests, its circuit breaker.
///
/// A value; time is an argument. The share begins small and grows by one with each success, so that a host which does
/// not answer never holds many places; a failure halves it. After five failures in a row the host is broken: nothing is
/// sent to it until a pause is over, then one request at a time tries it, and each failure doubles the pause. What is
/// due for it meanwhile is put off, in order, and does not count as attempted.
struct CallbackHost {
    /// Whether the host works, as far as is known.
    enum Standing: Equatable {
        /// It does; `failures` in a row so far.
        case working(failures: Int)
        /// It does not, and is left alone until then. Goes on to `tried`.
        case broken(until: EpochMilliseconds, pause: Int64)
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

    /// A schedule that was put off, by its ordering key: what comes behind it on that key may not overtake it.
    private struct PutOff {
        var origin: Position
        var until: EpochMilliseconds
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
    private static let maximumKeys = 10_000

    private(set) var standing = Standing.working(failures: 0)
    private var brokenSince = EpochMilliseconds.zero
    private var share = Self.initialShare
    private(set) var inFlight = 0
    private var queue: Deque<CallbackSender.Call> = []
    private var queuedBytes = 0
    /// The latest time to which anything was put off; the next one goes behind it.
    private var putOffTo = EpochMilliseconds.zero
    private var putOffByKey: [CallbackSender.OrderingKey: PutOff] = [:]
    /// The latest time to which a schedule was put off whose key found no room in `putOffByKey`.
    private var notNotedUntil = EpochMilliseconds.zero
    /// When `putOffByKey` may be gone through again.
    private var nextForgotten = EpochMilliseconds.zero
    /// Whether the host stands in the list of those that have something to send.
    var isListed = false

    var queuedCount: Int { queue.count }

    /// Whether it is left alone, or tried again after that.
    var isPaused: Bool {
        if case .working = standing { false } else { true }
    }

    /// Whether nothing is kept that matters at `now`.
    func isIdle(_ now: EpochMilliseconds) -> Bool {
        guard inFlight == 0, queue.isEmpty, putOffTo < now else { return false }
        switch standing {
        case .working: return true
        case .broken(let until, _): return until.advanced(byMilliseconds: Self.longestPutOff) < now
        case .tried: return false
        }
    }

    // MARK: What is due

    /// Decides about a call that is due.
    mutating func admit(_ call: CallbackSender.Call, _ now: EpochMilliseconds) -> Admission {
        switch standing {
        case .broken(let until, let pause):
            guard until <= now else { return .putOff(putOff(call, now, earliest: until)) }
            if mustFollow(call, now) { return .putOff(putOff(call, now, earliest: now.advanced(byMilliseconds: 1))) }
            standing = .tried(pause: pause)
        case .tried(let pause):
            guard inFlight + queue.count == 0, !mustFollow(call, now) else {
                return .putOff(putOff(call, now, earliest: now.advanced(byMilliseconds: pause)))
            }
        case .working:
            let isFull = queue.count >= Self.maximumQueued || queuedBytes >= Self.maximumQueuedBytes
            if isFull || mustFollow(call, now) {
                let pause = isFull ? Self.pauseWhenFull : 1
                return .putOff(putOff(call, now, earliest: now.advanced(byMilliseconds: pause)))
            }
        }
        queue.append(call)
        queuedBytes += call.bytes
        return .accepted
    }

    /// Whether a first attempt would overtake one of its ordering key that was put off.
    private func mustFollow(_ call: CallbackSender.Call, _ now: EpochMilliseconds) -> Bool {
        guard putOffTo > now, call.schedule.attempt == 1 else { return false }
        // Whether its key is among those that were not noted cannot be told.
        if notNotedUntil > now, call.schedule.retry == nil { return true }
        guard let other = putOffByKey[call.orderingKey] else { return false }
        return other.origin < call.schedule.origin && other.until > now
    }

    private mutating func putOff(
        _ call: CallbackSender.Call,
        _ now: EpochMilliseconds,
        earliest: EpochMilliseconds
    ) -> EpochMilliseconds {
        var time = max(earliest, putOffTo.advanced(byMilliseconds: 1))
        if case .working = standing {
        } else {
            // The longer a host has been broken, the longer its schedules are left where they cost nothing.
            let age = max(0, now.rawValue - brokenSince.rawValue)
            time = max(time, now.advanced(byMilliseconds: min(age / 4, Self.longestPutOff)))
        }
        putOffTo = time
        if call.schedule.attempt == 1 {
            if putOffByKey.count >= Self.maximumKeys { forgetKeys(now) }
            if putOffByKey.count < Self.maximumKeys || putOffByKey[call.orderingKey] != nil {
                putOffByKey[call.orderingKey] = PutOff(origin: call.schedule.origin, until: time)
            } else {
                notNotedUntil = time
            }
        }
        return time
    }

    /// Forgets what is due by now; once in a while only, since every schedule of a crowd asks for it.
    private mutating func forgetKeys(_ now: EpochMilliseconds) {
        guard now >= nextForgotten else { return }
        putOffByKey = putOffByKey.filter { $0.value.until > now }
        nextForgotten = now.advanced(byMilliseconds: Self.pauseWhenFull)
    }

    /// Everything that waits is put off; called when the host breaks.
    mutating func putOffQueue(_ now: EpochMilliseconds) -> [(CallbackSender.Call, EpochMilliseconds)] {
        guard case .broken(let until, _) = standing else { return [] }
        let calls = queue
        queue = []
        queuedBytes = 0
        return calls.map { ($0, putOff($0, now, earliest: until)) }
    }

    /// Takes out what waits and is of this owner.
    mutating func removeQueued(of owner: UInt32) -> [CallbackSender.Call] {
        let calls = queue.filter { $0.owner == owner }
        queue.removeAll { $0.owner == owner }
        queuedBytes = queue.reduce(0) { $0 + $1.bytes }
        endTrialIfIdle()
        return Array(calls)
    }

    // MARK: Attempts

    /// The next call to make, if the host has a place free.
    mutating func takeNext() -> CallbackSender.Call? {
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
        defer { standing = .working(failures: 0) }
        if case .working = standing { return false }
        return true
    }

    /// An attempt has failed in a way that may pass.
    ///
    /// - Returns: whether the host has broken by it.
    mutating func failed(_ now: EpochMilliseconds) -> Bool {
        inFlight -= 1
        share = max(share / 2, 1)
        switch standing {
        case .working(let failures) where failures + 1 < Self.failuresToBreak:
            standing = .working(failures: failures + 1)
            return false
        case .working:
            brokenSince = now
            standing = .broken(until: now.advanced(byMilliseconds: Self.firstPause), pause: Self.firstPause)
            return true
        case .tried(let pause):
            // One that was on its way before may say it for the one that tries.
            let longer = min(pause * 2, Self.longestPause)
            standing = .broken(until: now.advanced(byMilliseconds: longer), pause: longer)
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
        guard case .tried(let pause) = standing, inFlight + queue.count == 0 else { return }
        standing = .broken(until: .zero, pause: pause)
    }
}
