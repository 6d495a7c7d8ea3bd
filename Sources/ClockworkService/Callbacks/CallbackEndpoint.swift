internal import DequeModule
internal import Runtime
internal import Scheduling

/// One endpoint, a path of a host: its record, its waiting calls, its share of requests, its breaker.
///
/// A value; time is an argument. The share begins small and grows by one with each success, so an endpoint that does
/// not answer never holds many places. A failure halves it.
struct CallbackEndpoint {
    /// The result of its last attempt.
    enum Standing: CaseIterable {
        /// It was answered.
        case proven
        /// None has ended yet.
        case untried
        /// It has failed.
        case failing
    }

    private static let initialShare = 4
    /// While both wait, one of this many attempts is a retry, so that retries do not wait for ever.
    private static let firstAttemptsToARetry = 8

    private(set) var standing = Standing.untried
    var breaker = CallbackBreaker(failuresToOpen: 5)
    private var share = Self.initialShare
    private(set) var inFlight = 0
    private var firstAttempts: Deque<CallbackCall> = []
    private var retries: Deque<CallbackCall> = []
    private var begun = 0
    private(set) var queuedBytes = 0
    /// Whether it is listed among those that have something to send.
    var isListed = false

    var queuedCount: Int { firstAttempts.count + retries.count }

    var hasCalls: Bool { inFlight + queuedCount > 0 }

    var canStart: Bool { queuedCount > 0 && inFlight < share }

    // MARK: What is due

    mutating func enqueue(_ call: CallbackCall) {
        if call.isRetry { retries.append(call) } else { firstAttempts.append(call) }
        queuedBytes += call.bytes
    }

    /// The next call to make, if a place is free.
    mutating func takeNext() -> CallbackCall? {
        guard canStart else { return nil }
        begun += 1
        let isRetryNext = firstAttempts.isEmpty || begun.isMultiple(of: Self.firstAttemptsToARetry) && !retries.isEmpty
        guard let call = isRetryNext ? retries.popFirst() : firstAttempts.popFirst() else { return nil }
        queuedBytes -= call.bytes
        inFlight += 1
        return call
    }

    /// Removes all waiting calls, or those of one owner.
    mutating func removeQueued(of owner: UInt32? = nil) -> [CallbackCall] {
        func isWanted(_ call: CallbackCall) -> Bool { owner == nil || call.sender.owner == owner }
        let calls = firstAttempts.filter(isWanted) + retries.filter(isWanted)
        firstAttempts.removeAll(where: isWanted)
        retries.removeAll(where: isWanted)
        queuedBytes -= calls.reduce(0) { $0 + $1.bytes }
        if !hasCalls { breaker.isLeft() }
        return Array(calls)
    }

    // MARK: Attempts

    /// An attempt got an answer that is final for the endpoint.
    ///
    /// - Parameter mostInFlight: the upper bound of its share.
    mutating func answered(mostInFlight: Int) {
        inFlight -= 1
        share = min(share + 1, mostInFlight)
        standing = .proven
        breaker.answered()
    }

    /// An attempt has failed temporarily.
    ///
    /// - Returns: whether this has opened its breaker.
    mutating func failed(_ now: Uptime) -> Bool {
        inFlight -= 1
        share = max(share / 2, 1)
        standing = .failing
        return breaker.failed(now)
    }

    /// An attempt was given up and says nothing about the endpoint.
    mutating func givenUp() {
        inFlight -= 1
        if !hasCalls { breaker.isLeft() }
    }
}
