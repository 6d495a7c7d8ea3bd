internal import Runtime
internal import Scheduling

/// A circuit breaker: after some failures in a row nothing is let through until a pause is over, then one call at a time
/// tries, and each failure doubles the pause.
///
/// A value; time is an argument, and pauses are measured by uptime. What is put off meanwhile comes again in the order
/// in which it was put off, first attempts before retries: so the trials go over all that waits, and what has not failed
/// yet goes first.
struct CallbackBreaker {
    /// Whether calls are let through.
    enum State: Equatable {
        /// They are; `failures` in a row so far.
        case closed(failures: Int)
        /// They are not until then. Goes on to `tried`.
        case open(until: Uptime, pause: Int64)
        /// One call is in hand to see.
        case tried(pause: Int64)
    }

    private static let firstPause: Int64 = 1_000
    private static let longestPause: Int64 = 60_000
    /// The longest that a schedule is put off at once because the breaker has been open for long, in milliseconds.
    private static let longestPutOff: Int64 = 300_000
    /// How far retries come behind first attempts, in milliseconds.
    private static let retryLag: Int64 = 250

    private let failuresToOpen: Int
    private(set) var state = State.closed(failures: 0)
    private var openSince = Uptime.zero
    private var firstAttempts = PutOffSequence()
    private var retries = PutOffSequence()

    init(failuresToOpen: Int) {
        self.failuresToOpen = failuresToOpen
    }

    /// Whether it is not closed.
    var isPaused: Bool {
        if case .closed = state { false } else { true }
    }

    /// Until when it is open; `nil` where it is not.
    var openEnd: Uptime? {
        if case .open(let until, _) = state { until } else { nil }
    }

    /// Whether there is nothing that matters at `now` but what `closed` tells.
    func isIdle(_ now: Uptime) -> Bool {
        guard max(firstAttempts.end, retries.end) < now else { return false }
        switch state {
        case .closed: return true
        case .open(let until, _): return until.advanced(byMilliseconds: Self.longestPutOff) < now
        case .tried: return false
        }
    }

    // MARK: What is due

    /// Until when nothing is let through; `nil` where a call may go.
    ///
    /// - Parameter hasCalls: whether calls are in hand that this breaker has let through.
    func end(_ now: Uptime, hasCalls: Bool) -> Uptime? {
        switch state {
        case .closed: nil
        case .open(let until, _): until <= now ? nil : until
        case .tried(let pause): hasCalls ? now.advanced(byMilliseconds: pause) : nil
        }
    }

    /// A call is let through, which `end` says may go.
    mutating func letThrough() {
        if case .open(_, let pause) = state { state = .tried(pause: pause) }
    }

    /// To when a call is put off that may not go before `end`.
    mutating func putOff(_ call: CallbackCall, _ now: Moment, until end: Uptime) -> EpochMilliseconds {
        // The longer it has been open, the longer its schedules are left where they cost nothing.
        let age = max(0, now.uptime.milliseconds - openSince.milliseconds)
        let earliest = max(end, now.uptime.advanced(byMilliseconds: min(age / 4, Self.longestPutOff)))
        if call.isRetry {
            return retries.time(
                for: call.schedule,
                earliest: earliest.advanced(byMilliseconds: Self.retryLag),
                now: now
            )
        }
        return firstAttempts.time(for: call.schedule, earliest: earliest, now: now)
    }

    // MARK: Ends

    /// An attempt was answered.
    mutating func answered() {
        state = .closed(failures: 0)
    }

    /// An attempt has failed.
    ///
    /// - Returns: whether the breaker has opened by it.
    mutating func failed(_ now: Uptime) -> Bool {
        switch state {
        case .closed(let failures) where failures + 1 < failuresToOpen:
            state = .closed(failures: failures + 1)
            return false
        case .closed:
            openSince = now
            state = .open(until: now.advanced(byMilliseconds: Self.firstPause), pause: Self.firstPause)
            return true
        case .tried(let pause):
            // One that was on its way before may say it for the one that tries.
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now.advanced(byMilliseconds: longer), pause: longer)
            return false
        case .open:
            return false
        }
    }

    /// No call is in hand any more, and none of them says anything: the next one tries.
    mutating func isLeft() {
        if case .tried(let pause) = state { state = .open(until: .zero, pause: pause) }
    }
}
