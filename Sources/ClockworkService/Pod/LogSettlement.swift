internal import Kafka
internal import Scheduling

/// Which log a partition has, and where its new owner starts to read. A pure value; `LogSettler` asks.
///
/// The log of a partition can end: a topic is deleted and created again, an election loses the end of the log, a pod is
/// pointed at another cluster. Kafka's offsets then begin again, and records stored under the old offsets would look
/// newer than new ones. So each log has a generation. The latest record that was read (the mark) shows whether the log
/// is still the same.
struct LogSettlement: Equatable {
    /// The brokers' view of a partition.
    struct Log: Equatable {
        /// The first offset that it still has.
        var low: Int64
        /// The offset that its next record will get.
        var high: Int64
        /// The record at the mark's offset if the mark names a record, else the first readable one. `nil` if there is
        /// none, or no mark to look for.
        var recordAtMark: LogMark?
    }

    /// Which log of the partition it is.
    var generation: Int64
    /// Whether it differs from the log of the progress record. The progress record must name it before anything of the
    /// log is stored.
    var isNew: Bool
    /// Kafka's own offset at which reading starts.
    var start: Int64
    /// Kafka's own offset after the last record.
    var end: Int64
    /// How far the log has been committed, according to its group or the progress record; Kafka's own offset.
    var committed: Int64?
    /// Whether `start` is to be committed before anything is read: the group has committed nothing, or another offset.
    var needsCommit: Bool
    /// The latest record known to have been read from it, or the note that nothing could be read.
    var mark: LogMark?

    /// Compares the remembered state of a partition with its brokers' state.
    ///
    /// - Parameters:
    ///   - progress: the partition's progress record.
    ///   - group: what the group has committed.
    ///   - readUpTo: the lowest end that the log read before can have; Kafka's own offset.
    init(progress: PartitionProgress?, group: GroupOffset?, log: Log, readUpTo: Int64 = 0) {
        let committedGeneration = Self.generation(of: group)
        // If the progress record is lost, or an older one was restored, key records of the commit's generation may
        // still be there.
        let current = max(progress?.generation ?? 0, committedGeneration)
        // A commit of an earlier log says nothing about this one.
        let own = committedGeneration == current ? group?.offset : nil
        let progress = progress?.generation == current ? progress : nil
        let recorded = progress?.committedOffset
        let mark = progress?.mark
        end = log.high
        let isSame = Self.isSame(log, mark: mark, committed: recorded ?? (mark == nil ? own : nil))
        guard isSame, log.high >= readUpTo else {
            generation = current + 1
            isNew = true
            start = log.low
            needsCommit = true
            self.mark = .nothing
            return
        }
        generation = current
        isNew = false
        // Either may be ahead, the group's offset or the progress record; both are of this log. But a group whose
        // offsets were lost or reset must neither lose nor repeat what the record knows to be done.
        let isGroupUsable = own.map { $0 <= log.high && $0 >= recorded ?? 0 } ?? false
        committed = isGroupUsable ? own : recorded
        start = max(committed ?? log.low, log.low)
        // Below its beginning there is nothing to read.
        self.mark = mark ?? (start == log.low ? .nothing : nil)
        // At 0 of the first log, nothing can have been read.
        needsCommit = own != start && (start > 0 || generation > 0)
    }

    private static func generation(of group: GroupOffset?) -> Int64 {
        group.map { CommitMetadata.generation(of: $0.metadata) } ?? 0
    }

    /// The settlement, if the stored state makes sense.
    ///
    /// - Throws: when a generation is out of range, or none is left for a new log.
    static func checked(
        progress: PartitionProgress?,
        group: GroupOffset?,
        log: Log,
        readUpTo: Int64 = 0
    ) throws(LogGenerationError) -> LogSettlement {
        for (generation, source) in [
            (progress?.generation ?? 0, LogGenerationError.Source.progressRecord),
            (generation(of: group), LogGenerationError.Source.commit),
        ] where !LogOffset.generations.contains(generation) {
            throw LogGenerationError(generation: generation, source: source)
        }
        let settlement = LogSettlement(progress: progress, group: group, log: log, readUpTo: readUpTo)
        guard LogOffset.generations.contains(settlement.generation) else {
            throw LogGenerationError(generation: settlement.generation, source: .newLog)
        }
        return settlement
    }

    private static func isSame(_ log: Log, mark: LogMark?, committed: Int64?) -> Bool {
        if let committed, log.high < committed { return false }
        guard let mark else { return true }
        // Below the committed offset there was nothing to read.
        guard mark.isRecord else { return log.recordAtMark.map { $0.offset >= committed ?? 0 } ?? true }
        if log.high <= mark.offset { return false }
        // Below it, the record has left the log by retention.
        return mark.offset < log.low || log.recordAtMark == mark
    }
}

/// A partition's log cannot be numbered.
struct LogGenerationError: Error, CustomStringConvertible {
    /// Where the generation comes from.
    enum Source: String {
        case progressRecord = "the progress record names it; correct or restore the record in PARTITION_EXEC_DB"
        case commit = "the group's commit names it; reset the group's offsets to where reading is to begin"
        case newLog = "the topic has been recreated too often; take an intake topic of another name, with new tables"
    }

    let generation: Int64
    let source: Source

    var description: String {
        let first = LogOffset.generations.lowerBound
        let last = LogOffset.generations.upperBound
        return "generation \(generation) is not one of \(first) to \(last): \(source.rawValue)"
    }
}

/// A commit's text: the generation of the log that its offset belongs to.
enum CommitMetadata {
    private static let prefix = "clockwork/"

    /// The text for a commit; empty for generation 0.
    static func text(generation: Int64) -> String {
        generation == 0 ? "" : "\(prefix)\(generation)"
    }

    /// The generation that a commit names; 0 if it names none, as with commits of other tools and brokers that drop the
    /// text.
    static func generation(of text: String) -> Int64 {
        guard text.hasPrefix(prefix), let generation = Int64(text.dropFirst(prefix.count)) else { return 0 }
        return max(0, generation)
    }
}
