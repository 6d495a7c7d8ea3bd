internal import Scheduling

/// How far an owner has come, and when its progress record and the next look at its log are due. A value; writing the
/// record and looking are its user's.
///
/// The mark moves on with looks alone. A log that is gone does not come back: while the log has a record that was read
/// before, all that was read since is of that log, too. A mark that moved on with what is read could be of another log
/// of the same name, of which the beginning was never read, and would hide that.
struct ProgressNote {
    /// The time between two progress records of a partition, and the time between two looks at its log, in milliseconds.
    static let interval: Int64 = 5_000
    /// The time between two looks at a log of which nothing is read, in milliseconds.
    static let idleInterval: Int64 = 60_000

    /// Kafka's own offset that was last committed, as the group has confirmed it.
    var committed: Int64?
    /// A record of the log: the latest that had been read when the last look began; or that there was none to read.
    private(set) var mark: LogMark?
    /// The latest record that has been read.
    private(set) var latest: LogMark?
    private var lookedAt = Uptime.zero
    /// Whether the mark of the stored progress record is about a record.
    private var hasStoredMark: Bool
    private var saved: PartitionProgress?
    private var savedAt = Uptime.zero

    /// What is known of a log before anything of it is read.
    init(_ log: LogSettlement) {
        committed = log.committed
        mark = log.mark
        latest = log.mark
        hasStoredMark = log.mark?.isRecord == true
    }

    /// Records have been read, this one last. Those that a previous owner has read may be read again.
    mutating func read(_ record: LogMark) {
        if latest.map({ $0.offset < record.offset }) ?? true { latest = record }
        if mark?.isRecord != true { mark = record }
    }

    /// Whether the log is to be looked at now: something has been read of it since the last look, or that was long ago. It
    /// counts as looked at then.
    mutating func takeLook(now: Uptime) -> Bool {
        // Of a log of which nothing was read or committed nothing can be missed.
        guard let latest, latest.isRecord || committed != nil else { return false }
        let interval = latest == mark ? Self.idleInterval : Self.interval
        guard now >= lookedAt.advanced(byMilliseconds: interval) else { return false }
        lookedAt = now
        return true
    }

    /// A look that began when this was the latest record has found the mark where it was.
    mutating func confirmed(_ latest: LogMark?) {
        if let latest, mark.map({ $0.offset < latest.offset }) ?? true { mark = latest }
    }

    /// Whether this record is to be written now: it is due and something has changed. It counts as written then.
    ///
    /// The first mark of a log is written at once: without one the next owner cannot see whether it is the same.
    mutating func take(_ record: PartitionProgress, now: Uptime, atOnce: Bool) -> Bool {
        let isFirstMark = record.mark?.isRecord == true && !hasStoredMark
        guard atOnce || isFirstMark || now >= savedAt.advanced(byMilliseconds: Self.interval) else { return false }
        var content = record
        content.updatedAt = .zero
        guard content != saved else { return false }
        saved = content
        savedAt = now
        hasStoredMark = record.mark?.isRecord == true
        return true
    }
}
