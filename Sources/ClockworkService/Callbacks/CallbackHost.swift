internal import DequeModule
internal import Runtime
internal import Scheduling

/// The endpoints of one host (scheme, name and port), which take turns, and their shared bounds.
///
/// A value; time is an argument. An endpoint is a path, without the query. It has its own breaker, so a failing
/// endpoint affects no other. Endpoints not known to work, untried and failing, have a bounded part of the host's
/// places and of its queue, and failing ones have half of that. So working endpoints never wait for others. When many
/// untried endpoints have failed in a row without an answer in between, the host itself counts as down. Endpoints not
/// known to work are then put off too, except for one call at a time.
struct CallbackHost {
    /// The decision about a due schedule.
    enum Admission: Equatable {
        /// Send it when its turn comes.
        case accepted
        /// Put it off to this time.
        case putOff(EpochMilliseconds)
    }

    /// Identifies an endpoint among those of its host: a hash of the path, so that a long path costs nothing to keep.
    /// Two paths with one hash would share a breaker.
    typealias EndpointID = Int

    static let maximumInFlight = 128
    /// At this number of endpoints, those with nothing in hand are forgotten. Clients choose the paths, so their number
    /// is unbounded.
    static let maximumEndpoints = 2_000
    private static let maximumQueued = 2_000
    private static let maximumQueuedBytes = 16 << 20
    /// How many untried endpoints must fail in a row for the host to count as down.
    private static let failuresToOpen = 32
    /// The initial number of places for endpoints not known to work. Each answer adds one; each endpoint that fails at
    /// its first attempt halves it.
    private static let initialWindow = 32
    private static let smallestWindow = 16
    /// How long a call that finds the queue full is put off, in milliseconds.
    private static let pauseWhenFull: Int64 = 1_000

    private var endpoints: [EndpointID: CallbackEndpoint] = [:]
    private var nextSweep = Self.maximumEndpoints
    /// How many of them are paused, or on trial after a pause.
    private var pausedEndpoints = 0
    private var breaker = CallbackBreaker(failuresToOpen: Self.failuresToOpen)
    private var window = Self.initialWindow
    private var inFlight = ByStanding(0)
    private var queued = ByStanding(0)
    private var queuedBytes = 0
    /// The calls that found no room; the next one goes after them.
    private var putOffs = PutOffSequence()
    /// The endpoints that have something to send and a share left, each in the list of its standing.
    private var turns = ByStanding(Deque<EndpointID>())
    /// The lanes whose lists contain the host.
    var listedIn: Set<CallbackLane> = []

    // MARK: What it tells

    var endpointCount: Int { endpoints.count }
    var queuedCount: Int { queued.total }

    /// Whether the host, or an endpoint of it, is paused or on trial after a pause.
    var isPaused: Bool { pausedEndpoints > 0 || breaker.isPaused }

    /// Whether nothing that matters at `now` is kept.
    func isIdle(_ now: Uptime) -> Bool {
        inFlight.total + queued.total == 0 && putOffs.end < now && breaker.isIdle(now)
            && endpoints.values.allSatisfy { $0.breaker.isIdle(now) }
    }

    func state(of endpoint: EndpointID) -> CallbackBreaker.State? { endpoints[endpoint]?.breaker.state }

    // MARK: What is due

    /// Decides about a call that may be attempted.
    mutating func admit(_ call: CallbackCall, _ now: Moment) -> Admission {
        sweep(now.uptime)
        // Taken out and put back, so that it is changed in place.
        var endpoint = endpoints.removeValue(forKey: call.endpoint) ?? CallbackEndpoint()
        let (result, isNewTrial) = admit(call, &endpoint, now)
        if isNewTrial { endpoint.breaker.letThrough() }
        endpoints[call.endpoint] = endpoint
        if result == .accepted { list(call.endpoint) }
        return result
    }

    private mutating func admit(
        _ call: CallbackCall,
        _ endpoint: inout CallbackEndpoint,
        _ now: Moment
    ) -> (Admission, isNewTrial: Bool) {
        if let end = endpoint.breaker.end(now.uptime, hasCalls: endpoint.hasCalls) {
            return (.putOff(endpoint.breaker.putOff(call, now, until: end)), false)
        }
        let isProven = endpoint.standing == .proven
        if !isProven, let end = breaker.end(now.uptime, hasCalls: inFlight.unproven + queued.unproven > 0) {
            return (.putOff(breaker.putOff(call, now, until: end)), false)
        }
        // Nobody may fill the queue alone. A working endpoint, and all others together, have no more in it than the
        // room that is left (dynamic thresholds, Choudhury and Hahne 1998).
        let room = Self.maximumQueued - queued.total
        let roomInBytes = Self.maximumQueuedBytes - queuedBytes
        let mine = isProven ? endpoint.queuedCount : queued.unproven
        guard mine < room, endpoint.queuedBytes < roomInBytes else {
            let earliest = now.uptime.advanced(byMilliseconds: Self.pauseWhenFull)
            return (.putOff(putOffs.time(for: call.schedule, earliest: earliest, now: now)), false)
        }
        if !isProven { breaker.letThrough() }
        endpoint.enqueue(call)
        queued[endpoint.standing] += 1
        queuedBytes += call.bytes
        return (.accepted, true)
    }

    /// Removes the waiting calls of this owner.
    mutating func removeQueued(of owner: UInt32) -> [CallbackCall] {
        let calls = endpoints.keys.flatMap { removeQueued(of: owner, from: $0) }
        leaveBreaker()
        return calls
    }

    private mutating func removeQueued(of owner: UInt32? = nil, from id: EndpointID) -> [CallbackCall] {
        guard let endpoint = endpoints[id], endpoint.queuedCount > 0 else { return [] }
        let calls = change(id) { $0.removeQueued(of: owner) } ?? []
        queued[endpoint.standing] -= calls.count
        queuedBytes -= calls.reduce(0) { $0 + $1.bytes }
        return calls
    }

    // MARK: Attempts

    /// Whether a call of this lane may be made now.
    func canStart(_ lane: CallbackLane) -> Bool {
        guard inFlight.total < Self.maximumInFlight else { return false }
        switch lane {
        case .proven: return !turns[.proven].isEmpty
        case .unproven: return mayStart(.untried) || mayStart(.failing)
        }
    }

    private func mayStart(_ standing: CallbackEndpoint.Standing) -> Bool {
        guard !turns[standing].isEmpty else { return false }
        switch standing {
        case .proven: return true
        case .untried: return inFlight.unproven < window
        case .failing: return inFlight.unproven < window && inFlight[.failing] < window / 2
        }
    }

    /// The next call to make in a lane, and its standing until it ends.
    mutating func takeNext(_ lane: CallbackLane) -> (call: CallbackCall, place: CallbackEndpoint.Standing)? {
        while canStart(lane) {
            let standing: CallbackEndpoint.Standing =
                lane == .proven ? .proven : mayStart(.untried) ? .untried : .failing
            let id = turns[standing].removeFirst()
            endpoints[id]?.isListed = false
            guard let call = endpoints[id]?.takeNext() else { continue }
            queued[standing] -= 1
            queuedBytes -= call.bytes
            inFlight[standing] += 1
            list(id)
            return (call, standing)
        }
        return nil
    }

    /// An attempt got an answer that is final for the endpoint.
    mutating func answered(_ id: EndpointID, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        breaker.answered()
        window = min(window + 1, Self.maximumInFlight)
        change(id) { $0.answered(mostInFlight: Self.maximumInFlight) }
        list(id)
    }

    /// An attempt has failed temporarily.
    ///
    /// - Returns: the queued calls that are put off because of it, and their times.
    mutating func failed(
        _ id: EndpointID,
        _ place: CallbackEndpoint.Standing,
        _ now: Moment
    ) -> [(call: CallbackCall, time: EpochMilliseconds)] {
        inFlight[place] -= 1
        let isFirst = endpoints[id]?.standing == .untried
        if isFirst { window = max(window / 2, Self.smallestWindow) }
        // Each endpoint counts once as broken. While the host is already down, each trial counts.
        let hasBroken = (isFirst || breaker.isPaused && place != .proven) && breaker.failed(now.uptime)
        let hasOpened = change(id) { $0.failed(now.uptime) } ?? false
        list(id)
        var putOff: [(CallbackCall, EpochMilliseconds)] = []
        if hasOpened {
            for call in removeQueued(from: id) {
                let time = change(id) { $0.breaker.putOff(call, now, until: $0.breaker.openEnd ?? now.uptime) }
                putOff.append((call, time ?? now.wall))
            }
        }
        if hasBroken, let end = breaker.openEnd {
            let unproven = endpoints.filter { $0.value.standing != .proven && $0.value.queuedCount > 0 }.keys
            let calls = unproven.flatMap { removeQueued(from: $0) }
            for call in calls.sorted(by: { $0.schedule.position < $1.schedule.position }) {
                putOff.append((call, breaker.putOff(call, now, until: end)))
            }
        }
        return putOff
    }

    /// An attempt was given up and says nothing about the host.
    mutating func givenUp(_ id: EndpointID, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        change(id) { $0.givenUp() }
        leaveBreaker()
        list(id)
    }

    /// The trial call of the host has been taken back: the next one tries.
    private mutating func leaveBreaker() {
        if inFlight.unproven + queued.unproven == 0 { breaker.isLeft() }
    }

    // MARK: Endpoints

    /// Changes an endpoint, and updates the totals.
    @discardableResult
    private mutating func change<Result>(
        _ id: EndpointID,
        _ change: (inout CallbackEndpoint) -> Result
    ) -> Result? {
        guard var endpoint = endpoints.removeValue(forKey: id) else { return nil }
        let (standing, wasPaused) = (endpoint.standing, endpoint.breaker.isPaused)
        let result = change(&endpoint)
        if endpoint.standing != standing {
            queued[standing] -= endpoint.queuedCount
            queued[endpoint.standing] += endpoint.queuedCount
            if endpoint.isListed {
                turns[standing].removeAll { $0 == id }
                turns[endpoint.standing].append(id)
            }
        }
        pausedEndpoints += (endpoint.breaker.isPaused ? 1 : 0) - (wasPaused ? 1 : 0)
        endpoints[id] = endpoint
        return result
    }

    private mutating func list(_ id: EndpointID) {
        guard let endpoint = endpoints[id], endpoint.canStart, !endpoint.isListed else { return }
        endpoints[id]?.isListed = true
        turns[endpoint.standing].append(id)
    }

    /// Forgets endpoints with nothing in hand: first those with no state that matters, then all.
    private mutating func sweep(_ now: Uptime) {
        guard endpoints.count >= nextSweep else { return }
        forget { !$0.hasCalls && $0.breaker.isIdle(now) }
        if endpoints.count > Self.maximumEndpoints / 2 { forgetEndpoints() }
        nextSweep = max(Self.maximumEndpoints, endpoints.count + Self.maximumEndpoints / 2)
    }

    /// Forgets all endpoints that have nothing in hand.
    mutating func forgetEndpoints() {
        forget { !$0.hasCalls }
    }

    private mutating func forget(_ isOver: (CallbackEndpoint) -> Bool) {
        endpoints = endpoints.filter { !isOver($0.value) || $0.value.isListed }
        pausedEndpoints = endpoints.values.count { $0.breaker.isPaused }
    }
}
