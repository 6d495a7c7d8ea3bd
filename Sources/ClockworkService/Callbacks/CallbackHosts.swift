internal import DequeModule
internal import Scheduling

/// The hosts that callbacks go to. Those that have something to send and a place free take turns.
///
/// A value; time is an argument.
struct CallbackHosts {
    private var hosts: [String: CallbackHost] = [:]
    /// Hosts that have something to send and a place free.
    private var turns: Deque<String> = []
    private var nextSweep = Self.sweepAt
    /// How many hosts are left alone, or tried again after that.
    private(set) var pausedCount = 0

    /// How many hosts are kept before those are forgotten of which nothing matters any more: their names come from
    /// outside, and there is no end to them.
    private static let sweepAt = 1_000

    /// Whether a host has its turn.
    var hasTurn: Bool { !turns.isEmpty }

    /// Decides about a call that may be attempted.
    mutating func admit(_ call: CallbackCall, _ now: Moment) -> CallbackHost.Admission {
        sweep(now.uptime)
        let admission = hosts[call.host, default: CallbackHost()].admit(call, now)
        list(call.host)
        return admission
    }

    /// The call whose turn it is.
    mutating func takeNext() -> CallbackCall? {
        while let host = turns.popFirst() {
            hosts[host]?.isListed = false
            guard let call = hosts[host]?.takeNext() else { continue }
            list(host)
            return call
        }
        return nil
    }

    /// Takes out what is queued and is of this owner.
    mutating func removeQueued(of owner: UInt32) -> [CallbackCall] {
        hosts.keys.flatMap { hosts[$0]?.removeQueued(of: owner) ?? [] }
    }

    // MARK: Attempts

    /// An attempt has had an answer that is the endpoint's last word.
    ///
    /// - Returns: whether the host was broken.
    mutating func answered(_ host: String) -> Bool {
        defer { list(host) }
        guard hosts[host]?.answered() == true else { return false }
        pausedCount -= 1
        return true
    }

    /// An attempt has failed in a way that may pass.
    ///
    /// - Returns: where the host has broken by it, what was queued for it, and to when each is put off; `nil` otherwise.
    mutating func failed(_ host: String, _ now: Moment) -> [(call: CallbackCall, time: EpochMilliseconds)]? {
        defer { list(host) }
        guard hosts[host]?.failed(now.uptime) == true else { return nil }
        pausedCount += 1
        return hosts[host]?.putOffQueue(now)
    }

    /// An attempt was given up and says nothing of the host.
    mutating func givenUp(_ host: String) {
        hosts[host]?.givenUp()
        list(host)
    }

    private mutating func list(_ name: String) {
        guard let host = hosts[name], host.canStart, !host.isListed else { return }
        hosts[name]?.isListed = true
        turns.append(name)
    }

    private mutating func sweep(_ now: Uptime) {
        guard hosts.count >= nextSweep else { return }
        hosts = hosts.filter { !$0.value.isIdle(now) || $0.value.isListed }
        pausedCount = hosts.values.count { $0.isPaused }
        nextSweep = max(Self.sweepAt, 2 * hosts.count)
    }
}
