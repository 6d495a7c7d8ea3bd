internal import Runtime
internal import Scheduling

/// A circuit breaker. After some failures in a row, nothing is let through until a pause is over. Then one call at a
/// time tries, and each failure doubles the pause.
///
/// A value; time is an argument, and pauses are measured by uptime. Calls that are put off meanwhile come again in the
/// order of their put-offs, first attempts before retries. So the trials go over all waiting calls, and calls that have
/// not failed yet go first.
struct CallbackBreaker {
    /// Whether calls are let through.
    enum State: Equatable {
        /// They are; `failures` in a row so far.
        case closed(failures: Int)
        /// They are not, until this time. Goes on to `tried`.
        case open(until: Uptime, pause: Int64)
        /// One call is in hand as a trial.
        case tried(pause: Int64)
    }

    private static let firstPause: Int64 = 1_000
    private static let longestPause: Int64 = 60_000
    /// The longest single put-off of a schedule because the breaker has been open for long, in milliseconds.
    private static let longestPutOff: Int64 = 300_000
    /// How far retries come after first attempts, in milliseconds.
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

    /// The end of its pause; `nil` if it is not open.
    var openEnd: Uptime? {
        if case .open(let until, _) = state { until } else { nil }
    }

    /// Whether nothing matters at `now` except what `closed` says.
    func isIdle(_ now: Uptime) -> Bool {
        guard max(firstAttempts.end, retries.end) < now else { return false }
        switch state {
        case .closed: return true
        case .open(let until, _): return until.advanced(byMilliseconds: Self.longestPutOff) < now
        case .tried: return false
        }
    }

    // MARK: What is due

    /// Until when nothing is let through; `nil` if a call may go.
    ///
    /// - Parameter hasCalls: whether calls that this breaker has let through are in hand.
    func end(_ now: Uptime, hasCalls: Bool) -> Uptime? {
        switch state {
        case .closed: nil
        case .open(let until, _): until <= now ? nil : until
        case .tried(let pause): hasCalls ? now.advanced(byMilliseconds: pause) : nil
        }
    }

    /// A call is let through, as `end` allows.
    mutating func letThrough() {
        if case .open(_, let pause) = state { state = .tried(pause: pause) }
    }

    /// The time to which a call that may not go before `end` is put off.
    mutating func putOff(_ call: CallbackCall, _ now: Moment, until end: Uptime) -> EpochMilliseconds {
        // The longer it has been open, the longer its schedules stay where they cost nothing.
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
    /// - Returns: whether this has opened the breaker.
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
            // A call that was already on its way may fail in place of the trial.
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now.advanced(byMilliseconds: longer), pause: longer)
            return false
        case .open:
            return false
        }
    }

    /// No call is in hand any more, and none had a result: the next one tries.
    mutating func isLeft() {
        if case .tried(let pause) = state { state = .open(until: .zero, pause: pause) }
    }
}
