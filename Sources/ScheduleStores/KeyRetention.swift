internal import Scheduling

/// How long a key record is kept after its schedule time or after its writing, whichever is later.
struct KeyRetention {
    private let milliseconds: Int64

    /// Retention of at least a millisecond and at most a thousand years.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let longest: Int64 = 1000 * 365 * 86_400
        milliseconds = max(1, min(max(seconds, 0), longest) * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The epoch second at which a record written `now` expires, rounded up.
    func expirySeconds(of record: KeyRecord, now: EpochMilliseconds) -> Int64 {
        let start = max(record.position.time, now).rawValue
        let (end, overflow) = start.addingReportingOverflow(milliseconds)
        return overflow ? Int64.max / 1000 : end / 1000 + (end % 1000 > 0 ? 1 : 0)
    }

    /// Whether a record with that expiry counts as absent.
    static func isExpired(expirySeconds: Int64, now: EpochMilliseconds) -> Bool {
        expirySeconds <= now.rawValue / 1000
    }
}
