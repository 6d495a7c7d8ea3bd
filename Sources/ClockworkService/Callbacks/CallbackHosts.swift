internal import DequeModule
internal import Runtime
internal import Scheduling

/// The hosts that callbacks go to. Hosts with something to send and a free place take turns.
///
/// A value; time is an argument.
struct CallbackHosts {
    private var hosts: [String: CallbackHost] = [:]
    /// Hosts with something to send in a lane and a free place.
    private var turns: [CallbackLane: Deque<String>] = [.proven: [], .unproven: []]
    private var nextSweep = Self.sweepAt
    private var nextEndpointSweep = Self.sweepEndpointsAt
    private let maximumInFlight: Int
    private var inFlight = ByStanding(0)
    private var endpointCount = 0
    /// The number of hosts that are paused in whole or in part, or on trial after a pause.
    private(set) var pausedCount = 0
    /// Which lane is asked first when the next call is taken.
    private var nextLane = CallbackLane.proven

    /// At this number of hosts, those with no state that matters are forgotten. Clients choose the names, so their
    /// number is unbounded.
    private static let sweepAt = 1_000
    /// The same for endpoints, over all hosts.
    private static let sweepEndpointsAt = 50_000

    /// - Parameter maximumInFlight: the calls in flight at once. Endpoints not known to work have three quarters of
    ///   them.
    init(maximumInFlight: Int) {
        self.maximumInFlight = maximumInFlight
    }

    /// Whether a call can be made now.
    var hasTurn: Bool { CallbackLane.allCases.contains { canStart($0) } }

    private func canStart(_ lane: CallbackLane) -> Bool {
        guard inFlight.total < maximumInFlight, turns[lane]?.isEmpty == false else { return false }
        return lane == .proven || inFlight.unproven < max(1, maximumInFlight * 3 / 4)
    }

    /// Decides about a call that may be attempted.
    mutating func admit(_ call: CallbackCall, _ now: Moment) -> CallbackHost.Admission {
        sweep(now.uptime)
        if hosts[call.host] == nil { hosts[call.host] = CallbackHost() }
        return change(call.host) { $0.admit(call, now) } ?? .accepted
    }

    /// The call whose turn it is, and its standing until it ends.
    mutating func takeNext() -> (call: CallbackCall, place: CallbackEndpoint.Standing)? {
        nextLane = nextLane == .proven ? .unproven : .proven
        return takeNext(nextLane) ?? takeNext(nextLane == .proven ? .unproven : .proven)
    }

    private mutating func takeNext(_ lane: CallbackLane) -> (call: CallbackCall, place: CallbackEndpoint.Standing)? {
        while canStart(lane), let host = turns[lane]?.popFirst() {
            hosts[host]?.listedIn.remove(lane)
            guard let next = hosts[host]?.takeNext(lane) else { continue }
            inFlight[next.place] += 1
            list(host)
            return next
        }
        return nil
    }

    /// Removes the queued calls of this owner.
    mutating func removeQueued(of owner: UInt32) -> [CallbackCall] {
        Array(hosts.keys).flatMap { host in change(host) { $0.removeQueued(of: owner) } ?? [] }
    }

    /// Whether the host, or an endpoint of it, is paused or on trial after a pause.
    func isPaused(_ host: String) -> Bool { hosts[host]?.isPaused ?? false }

    // MARK: Attempts

    /// An attempt got an answer that is final for the endpoint.
    mutating func answered(_ call: CallbackCall, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        change(call.host) { $0.answered(call.endpoint, place) }
    }

    /// An attempt has failed temporarily.
    ///
    /// - Returns: the queued calls that are put off because of it, and their times.
    mutating func failed(
        _ call: CallbackCall,
        _ place: CallbackEndpoint.Standing,
        _ now: Moment
    ) -> [(call: CallbackCall, time: EpochMilliseconds)] {
        inFlight[place] -= 1
        return change(call.host) { $0.failed(call.endpoint, place, now) } ?? []
    }

    /// An attempt was given up and says nothing about the host.
    mutating func givenUp(_ call: CallbackCall, _ place: CallbackEndpoint.Standing) {
        inFlight[place] -= 1
        change(call.host) { $0.givenUp(call.endpoint, place) }
    }

    // MARK: Hosts

    /// Changes a host, and updates the totals.
    @discardableResult
    private mutating func change<Result>(_ name: String, _ change: (inout CallbackHost) -> Result) -> Result? {
        // Taken out and put back, so that it is changed in place.
        guard var host = hosts.removeValue(forKey: name) else { return nil }
        let (wasPaused, endpoints) = (host.isPaused, host.endpointCount)
        let result = change(&host)
        pausedCount += (host.isPaused ? 1 : 0) - (wasPaused ? 1 : 0)
        endpointCount += host.endpointCount - endpoints
        hosts[name] = host
        list(name)
        return result
    }

    private mutating func list(_ name: String) {
        for lane in CallbackLane.allCases {
            guard let host = hosts[name], host.canStart(lane), !host.listedIn.contains(lane) else { continue }
            hosts[name]?.listedIn.insert(lane)
            turns[lane]?.append(name)
        }
    }

    private mutating func sweep(_ now: Uptime) {
        guard hosts.count >= nextSweep || endpointCount >= nextEndpointSweep else { return }
        if endpointCount >= nextEndpointSweep {
            for name in Array(hosts.keys) { hosts[name]?.forgetEndpoints() }
        }
        hosts = hosts.filter { !$0.value.isIdle(now) || !$0.value.listedIn.isEmpty }
        pausedCount = hosts.values.count { $0.isPaused }
        endpointCount = hosts.values.reduce(0) { $0 + $1.endpointCount }
        nextSweep = max(Self.sweepAt, 2 * hosts.count)
        nextEndpointSweep = max(Self.sweepEndpointsAt, 2 * endpointCount)
    }
}
