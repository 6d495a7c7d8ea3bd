internal import DequeModule
internal import Runtime
internal import Scheduling

/// The endpoints of one host (scheme, name and port), which take turns, and what they share.
///
/// A value; time is an argument. An endpoint is a path, without the query: its breaker is its own, so one that fails
/// keeps to itself. What is not known to work, endpoints untried and failing, has a bounded part of the host's places
/// and of its queue, and those that fail have half of that: so what works never waits for what does not. Where many
/// untried endpoints have failed one after the other and nothing was answered in between, the host itself is taken to be
/// down: then endpoints that are not known to work are put off too, but for one call at a time.
struct CallbackHost {
    /// What to do with a schedule that is due.
    enum Admission: Equatable {
        /// Send it when its turn comes.
        case accepted
        /// Put it off to this time.
        case putOff(EpochMilliseconds)
    }

    /// Names an endpoint among those of its host: a hash of the path, so that a long one costs nothing to keep. Two paths
    /// of one hash would share a breaker.
    typealias EndpointID = Int

    static let maximumInFlight = 128
    /// How many endpoints are kept before those are forgotten that have nothing in hand: paths come from outside, and
    /// there is no end to them.
    static let maximumEndpoints = 2_000
    private static let maximumQueued = 2_000
    private static let maximumQueuedBytes = 16 << 20
    /// How many untried endpoints have to fail in a row for the host to be taken to be down.
    private static let failuresToOpen = 32
    /// How many places what is not known to work has to begin with; one more with each answer, half with each endpoint
    /// that fails at its first attempt.
    private static let initialWindow = 32
    private static let smallestWindow = 16
    /// How long one is put off that finds the queue full, in milliseconds.
    private static let pauseWhenFull: Int64 = 1_000

    private var endpoints: [EndpointID: CallbackEndpoint] = [:]
    private var nextSweep = Self.maximumEndpoints
    /// How many of them are left alone, or tried again after that.
    private var pausedEndpoints = 0
    private var breaker = CallbackBreaker(failuresToOpen: Self.failuresToOpen)
    private var window = Self.initialWindow
    private var inFlight = ByStanding(0)
    private var queued = ByStanding(0)
    private var queuedBytes = 0
    /// What found no room; the next one goes behind it.
    private var putOffs = PutOffSequence()
    /// Those that have something to send and a share left, each in the list of its standing.
    private var turns = ByStanding(Deque<EndpointID>())
    /// The lanes in whose lists the host stands.
    var listedIn: Set<CallbackLane> = []

    // MARK: What it tells

    var endpointCount: Int { endpoints.count }
    var inFlightCount: Int { inFlight.total }
    var queuedCount: Int { queued.total }

    /// Whether something of it is left alone, or tried again after that.
    var isPaused: Bool { pausedEndpoints > 0 || breaker.isPaused }

    /// Whether nothing is kept that matters at `now`.
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
        // Nobody may fill the queue alone: each endpoint, and all together that are not known to work, have no more in it
        // than it has room left (dynamic thresholds, Choudhury and Hahne 1998).
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

    /// Takes out what waits and is of this owner.
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

    /// Whether a call may be made now that belongs into this lane.
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

    /// The next call to make in a lane, and what it counts as until it ends.
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

    /// An attempt has had an answer that is the endpoint's last word.
    mutating func answered(_ id: EndpointID, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        breaker.answered()
        window = min(window + 1, Self.maximumInFlight)
        change(id) { $0.answered(mostInFlight: Self.maximumInFlight) }
        list(id)
    }

    /// An attempt has failed in a way that may pass.
    ///
    /// - Returns: what was queued and is put off for it, and to when.
    mutating func failed(
        _ id: EndpointID,
        _ place: CallbackEndpoint.Standing,
        _ now: Moment
    ) -> [(call: CallbackCall, time: EpochMilliseconds)] {
        inFlight[place] -= 1
        let isFirst = endpoints[id]?.standing == .untried
        if isFirst { window = max(window / 2, Self.smallestWindow) }
        // Each endpoint says once that it does not work; of a host that is down already, each trial says so.
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

    /// An attempt was given up and says nothing of the host.
    mutating func givenUp(_ id: EndpointID, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        change(id) { $0.givenUp() }
        leaveBreaker()
        list(id)
    }

    /// The call that was to try the host has been taken back: the next one tries.
    private mutating func leaveBreaker() {
        if inFlight.unproven + queued.unproven == 0 { breaker.isLeft() }
    }

    // MARK: Endpoints

    /// Changes an endpoint, and keeps what is counted over all of them.
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

    /// Forgets endpoints that have nothing in hand: first those of which nothing matters any more, then all.
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
