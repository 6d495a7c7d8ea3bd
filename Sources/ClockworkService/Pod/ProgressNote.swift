internal import Runtime
internal import Scheduling

/// An owner's progress, and when its progress record and the next look at its log are due. A value; its user writes the
/// record and looks.
///
/// Only looks move the mark. A log that is gone does not come back: while the log has a record that was read before,
/// everything read since is of that log, too. A mark that moved with each read could belong to another log of the same
/// name, whose beginning was never read, and would hide that.
struct ProgressNote {
    /// The time between two progress records of a partition, and the time between two looks at its log, in milliseconds.
    static let interval: Int64 = 5_000
    /// The time between two looks at an idle log, in milliseconds.
    static let idleInterval: Int64 = 60_000

    /// Kafka's own offset that was committed last, as confirmed by the group.
    var committed: Int64?
    /// A record of the log: the latest that had been read when the last look began, or the note that there was none.
    private(set) var mark: LogMark?
    /// The latest record that has been read.
    private(set) var latest: LogMark?
    private var lookedAt = Uptime.zero
    /// Whether the mark of the stored progress record names a record.
    private var hasStoredMark: Bool
    private var saved: PartitionProgress?
    private var savedAt = Uptime.zero

    /// The knowledge of a log before anything of it is read.
    init(_ log: LogSettlement) {
        committed = log.committed
        mark = log.mark
        latest = log.mark
        hasStoredMark = log.mark?.isRecord == true
    }

    /// Records have been read, this one last. Records that a previous owner has read may be read again.
    mutating func read(_ record: LogMark) {
        if latest.map({ $0.offset < record.offset }) ?? true { latest = record }
        if mark?.isRecord != true { mark = record }
    }

    /// Whether to look at the log now: something of it has been read since the last look, or that look was long ago. If
    /// so, it counts as looked at.
    mutating func takeLook(now: Uptime) -> Bool {
        // If nothing of a log was read or committed, nothing can be missing from it.
        guard let latest, latest.isRecord || committed != nil else { return false }
        let interval = latest == mark ? Self.idleInterval : Self.interval
        guard now >= lookedAt.advanced(byMilliseconds: interval) else { return false }
        lookedAt = now
        return true
    }

    /// A look that began when this was the latest record has found the mark in its place.
    mutating func confirmed(_ latest: LogMark?) {
        if let latest, mark.map({ $0.offset < latest.offset }) ?? true { mark = latest }
    }

    /// Whether to write this record now: it is due and something has changed. If so, it counts as written.
    ///
    /// The first mark of a log is written at once: without it the next owner cannot see whether the log is the same.
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
