internal import DequeModule
internal import Runtime
internal import Scheduling

/// What is known of one endpoint, a path of a host, and what waits for it: its share of requests, its breaker.
///
/// A value; time is an argument. The share begins small and grows by one with each success, so that an endpoint which
/// does not answer never holds many places; a failure halves it.
struct CallbackEndpoint {
    /// What its last attempt says of it.
    enum Standing: CaseIterable {
        /// It was answered.
        case proven
        /// None has ended yet.
        case untried
        /// It has failed.
        case failing
    }

    private static let initialShare = 4
    /// Of so many attempts that begin while both wait, one is a retry: they are not to wait for ever.
    private static let firstAttemptsToARetry = 8

    private(set) var standing = Standing.untried
    var breaker = CallbackBreaker(failuresToOpen: 5)
    private var share = Self.initialShare
    private(set) var inFlight = 0
    private var firstAttempts: Deque<CallbackCall> = []
    private var retries: Deque<CallbackCall> = []
    private var begun = 0
    private(set) var queuedBytes = 0
    /// Whether it stands in a list of those that have something to send.
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

    /// Takes out everything that waits, or what of it is of one owner.
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

    /// An attempt has had an answer that is the endpoint's last word.
    ///
    /// - Parameter mostInFlight: the most that its share grows to.
    mutating func answered(mostInFlight: Int) {
        inFlight -= 1
        share = min(share + 1, mostInFlight)
        standing = .proven
        breaker.answered()
    }

    /// An attempt has failed in a way that may pass.
    ///
    /// - Returns: whether its breaker has opened by it.
    mutating func failed(_ now: Uptime) -> Bool {
        inFlight -= 1
        share = max(share / 2, 1)
        standing = .failing
        return breaker.failed(now)
    }

    /// An attempt was given up and says nothing of the endpoint.
    mutating func givenUp() {
        inFlight -= 1
        if !hasCalls { breaker.isLeft() }
    }
}
