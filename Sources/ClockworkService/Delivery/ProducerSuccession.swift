public import Runtime

/// When a producer that was given up gets its successor, and what is reported meanwhile.
///
/// A value; time is an argument. The first successor is created at once. If it fails too, the next one comes after a
/// pause, which doubles up to ten seconds: brokers that refuse a producer will mostly refuse the next one, too. All of
/// this is one *outage*, until a successor has written a record, or has lived for a while.
public struct ProducerSuccession: Sendable {
    private enum State {
        /// There is a producer, since then.
        case present(since: Uptime)
        /// There is none; another one is to be created at this time.
        case missing(until: Uptime)
    }

    /// The first pause before a successor, in milliseconds.
    static let firstPause: Int64 = 500
    /// The longest pause before a successor, in milliseconds.
    static let longestPause: Int64 = 10_000
    /// How long a producer must live to count as one that has written, in milliseconds.
    static let probation: Int64 = 5_000

    private var state: State
    /// The number of producers that failed in this outage, and the latest reason.
    private var outage: (failures: Int, reason: String)?

    /// There is a first producer.
    public init(now: Uptime) {
        state = .present(since: now)
    }

    /// When a successor is to be created; `nil` while there is a producer.
    public var dueAt: Uptime? {
        if case .missing(let until) = state { until } else { nil }
    }

    /// Why producers fail, from the first failure until the end of the outage; `nil` when nothing is wrong.
    public func obstacle(now: Uptime) -> String? {
        isOver(now) ? nil : outage?.reason
    }

    private func isOver(_ now: Uptime) -> Bool {
        if case .present(let since) = state { since.advanced(byMilliseconds: Self.probation) <= now } else { false }
    }

    /// The producer is given up because of an error, or its successor could not be created.
    ///
    /// - Returns: whether an outage begins with this.
    public mutating func failed(_ reason: String, now: Uptime) -> Bool {
        if isOver(now) { outage = nil }
        let failures = outage?.failures ?? 0
        outage = (failures + 1, reason)
        let pause = failures == 0 ? 0 : min(Self.firstPause << min(failures - 1, 10), Self.longestPause)
        state = .missing(until: now.advanced(byMilliseconds: pause))
        return failures == 0
    }

    /// The producer is given up without a fault of its own.
    mutating func renounced(now: Uptime) {
        state = .missing(until: now)
    }

    /// There is a successor.
    public mutating func succeeded(now: Uptime) {
        state = .present(since: now)
    }

    /// The producer has written a record.
    ///
    /// - Returns: whether an outage has ended with this.
    public mutating func wrote() -> Bool {
        defer { outage = nil }
        return outage != nil
    }
}
