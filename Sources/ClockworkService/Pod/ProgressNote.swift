internal import Scheduling

/// How far an owner has come, and when its progress record is due. A value; writing the record is its user's.
struct ProgressNote {
    /// The time between two progress records of a partition, in milliseconds.
    static let interval: Int64 = 5_000

    /// Kafka's own offset that was last committed, as the group has confirmed it.
    var committed: Int64?
    /// The latest record that has been read.
    private(set) var mark: LogMark?
    /// Whether the stored record has a mark.
    private var hasStoredMark: Bool
    private var saved: PartitionProgress?
    private var savedAt = Uptime.zero

    /// What is known of a log before anything of it is read.
    init(_ log: LogSettlement) {
        committed = log.committed
        mark = log.mark
        hasStoredMark = log.mark != nil
    }

    /// Records have been read, this one last. Those that a previous owner has read may be read again.
    mutating func read(_ latest: LogMark) {
        if mark.map({ $0.offset < latest.offset }) ?? true { mark = latest }
    }

    /// Whether this record is to be written now: it is due and something has changed. It counts as written then.
    ///
    /// The first mark of a log is written at once: without one the next owner cannot see whether it is the same.
    mutating func take(_ record: PartitionProgress, now: Uptime, atOnce: Bool) -> Bool {
        let isFirstMark = record.mark != nil && !hasStoredMark
        guard atOnce || isFirstMark || now >= savedAt.advanced(byMilliseconds: Self.interval) else { return false }
        var content = record
        content.updatedAt = .zero
        guard content != saved else { return false }
        saved = content
        savedAt = now
        hasStoredMark = record.mark != nil
        return true
    }
}
