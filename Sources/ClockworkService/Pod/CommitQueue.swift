internal import Runtime

/// The offsets to be committed, over all partitions: one commit in flight at a time, and at most one per interval. A
/// value; its user makes the commits.
struct CommitQueue {
    /// The shortest time between two commits, in milliseconds.
    static let interval: Int64 = 100
    /// The pause after a commit that failed, in milliseconds.
    static let pauseAfterFailure: Int64 = 500

    private var wanted: [Int32: Int64] = [:]
    private var inFlight: [Int32: Int64]?
    private var notBefore = Uptime.zero
    /// The end of the pause after a failure, which urgency does not shorten.
    private var pauseEnd = Uptime.zero

    /// Everything of `partition` below `offset` is settled.
    mutating func want(_ partition: Int32, _ offset: Int64) {
        wanted[partition] = offset
    }

    /// The partition is no longer this pod's.
    mutating func forget(_ partition: Int32) {
        wanted[partition] = nil
        inFlight?[partition] = nil
    }

    /// Whether a commit of the partition is wanted or in flight.
    func isOutstanding(_ partition: Int32) -> Bool {
        wanted[partition] != nil || inFlight?[partition] != nil
    }

    /// The offsets to commit now, which are then in flight.
    ///
    /// - Parameter atOnce: whether to commit before the interval is over.
    mutating func take(now: Uptime, atOnce: Bool) -> [Int32: Int64]? {
        guard inFlight == nil, !wanted.isEmpty, pauseEnd <= now, atOnce || notBefore <= now else { return nil }
        inFlight = wanted
        wanted = [:]
        notBefore = now.advanced(byMilliseconds: Self.interval)
        return inFlight
    }

    /// Nothing can be committed now.
    mutating func postpone(now: Uptime) {
        notBefore = max(notBefore, now.advanced(byMilliseconds: Self.interval))
    }

    /// The part of `offsets` that the commit in flight covers. An answer may come for a partition that was forgotten
    /// meanwhile; it says nothing about the present owner.
    func awaited(_ offsets: [Int32: Int64]) -> [Int32: Int64] {
        offsets.filter { inFlight?[$0.key] == $0.value }
    }

    /// The commit in flight has succeeded for these.
    mutating func succeeded(_ offsets: [Int32: Int64]) {
        for partition in offsets.keys { inFlight?[partition] = nil }
        if inFlight?.isEmpty == true { inFlight = nil }
    }

    /// The commit in flight has failed for these; they are committed later, unless newer ones are.
    mutating func failed(_ offsets: [Int32: Int64], now: Uptime) {
        for (partition, offset) in offsets where inFlight?[partition] != nil {
            inFlight?[partition] = nil
            if wanted[partition] == nil { wanted[partition] = offset }
        }
        if inFlight?.isEmpty == true { inFlight = nil }
        pauseEnd = now.advanced(byMilliseconds: Self.pauseAfterFailure)
    }

    /// When there is something to commit.
    var wakeAt: Uptime? {
        inFlight == nil && !wanted.isEmpty ? max(notBefore, pauseEnd) : nil
    }
}
