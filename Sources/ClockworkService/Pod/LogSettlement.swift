internal import Kafka
internal import Scheduling

/// Which log a partition has, and where its new owner starts to read. A pure value; asking is `LogSettler`'s.
///
/// The log of a partition can end: a topic is deleted and created again, an election loses the end of the log, a pod is
/// pointed at another cluster. Kafka's offsets then begin again, and what was stored under the old ones would look
/// newer than what is new. So each log has a generation, and the latest record that was read (the mark) shows whether
/// the log is still the one it was.
struct LogSettlement: Equatable {
    /// What the brokers hold of a partition.
    struct Log: Equatable {
        /// The first offset that it still has.
        var low: Int64
        /// The offset that its next record will get.
        var high: Int64
        /// The record at the mark's offset, where the mark is about a record, else the first one that can be read; `nil` where
        /// none is, and where there is no mark to look for.
        var recordAtMark: LogMark?
    }

    /// Which log of the partition it is.
    var generation: Int64
    /// Whether it is another one than the progress record is about. The progress record has to say so before anything
    /// of the log is stored.
    var isNew: Bool
    /// Kafka's own offset at which reading starts.
    var start: Int64
    /// Kafka's own offset behind the last record there is.
    var end: Int64
    /// How far the log has been committed, as its group or the progress record says; Kafka's own offset.
    var committed: Int64?
    /// Whether `start` is to be committed before anything is read: the group has committed nothing, or something else.
    var needsCommit: Bool
    /// The latest record that was read of it, so far as is known, or that nothing could be read.
    var mark: LogMark?

    /// Compares what is remembered of a partition with what its brokers hold.
    ///
    /// - Parameters:
    ///   - progress: the partition's progress record.
    ///   - group: what the group has committed.
    ///   - readUpTo: where the log has to end at the least that is the one that was read before; Kafka's own offset.
    init(progress: PartitionProgress?, group: GroupOffset?, log: Log, readUpTo: Int64 = 0) {
        let committedGeneration = Self.generation(of: group)
        // Where the progress record is lost, or one from before was restored, key records of the commit's generation may
        // still be there.
        let current = max(progress?.generation ?? 0, committedGeneration)
        // What is of an earlier log says nothing about this one.
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
        // Whether the group's offset or the progress record is ahead, both are of this log; but a group whose offsets
        // were lost or reset must neither lose nor repeat what the record knows to be done.
        let isGroupUsable = own.map { $0 <= log.high && $0 >= recorded ?? 0 } ?? false
        committed = isGroupUsable ? own : recorded
        start = max(committed ?? log.low, log.low)
        // Below its beginning there is nothing to be read.
        self.mark = mark ?? (start == log.low ? .nothing : nil)
        // At 0 of the first log nothing can have been read.
        needsCommit = own != start && (start > 0 || generation > 0)
    }

    private static func generation(of group: GroupOffset?) -> Int64 {
        group.map { CommitMetadata.generation(of: $0.metadata) } ?? 0
    }

    /// The settlement, where what is stored makes sense.
    ///
    /// - Throws: when a generation is none, or there is none left for a new log.
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
        // Below what was committed there was nothing to read.
        guard mark.isRecord else { return log.recordAtMark.map { $0.offset >= committed ?? 0 } ?? true }
        if log.high <= mark.offset { return false }
        // Below it the record has left the log by retention, as records do.
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

/// What a commit says besides the offset: of which generation of the log that is.
enum CommitMetadata {
    private static let prefix = "clockwork/"

    /// The text for a commit; empty for generation 0.
    static func text(generation: Int64) -> String {
        generation == 0 ? "" : "\(prefix)\(generation)"
    }

    /// The generation that a commit names; 0 where it names none, as those of other tools and of brokers that drop
    /// the text.
    static func generation(of text: String) -> Int64 {
        guard text.hasPrefix(prefix), let generation = Int64(text.dropFirst(prefix.count)) else { return 0 }
        return max(0, generation)
    }
}
