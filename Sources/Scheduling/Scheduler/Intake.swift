/// Which requests of the partition have been read, which are settled, and whether more are wanted.
struct Intake {
    private(set) var offsets: OffsetTracker
    /// Rejected requests on their way to the dead-letter topic.
    private(set) var rejections: Set<Int64> = []
    /// The end of the log as it was at the assignment. A previous owner may have handled requests below it.
    let replayEnd: Int64
    /// Whether the log has been read up to `replayEnd`.
    private(set) var hasReadReplay: Bool
    /// The offset of the latest commit requested.
    private var committed: Int64
    /// Whether the partition is paused because a bound is reached.
    private(set) var isPaused = false

    /// - Parameter isStartCommitted: whether the group has committed `start` itself.
    init(start: Int64, end: Int64, isStartCommitted: Bool = true) {
        offsets = OffsetTracker(next: start)
        committed = isStartCommitted ? start : start - 1
        replayEnd = end
        hasReadReplay = start >= end
    }

    /// The offset to be read next; a record below it has been read and is ignored.
    var next: Int64 { offsets.next }
    /// Offsets read and not settled.
    var unsettledCount: Int { offsets.unsettledCount }
    /// Offsets read and not passed by the committable one, settled or not.
    var uncommittedCount: Int { offsets.uncommittedCount }
    /// Whether no rejected request waits for its dead letter.
    var isQuiet: Bool { rejections.isEmpty }

    /// Whether the request at `offset` was in the log at the assignment.
    func isReplay(_ offset: Int64) -> Bool { offset < replayEnd }

    /// - Returns: `false` when the offset has been read before and is to be ignored.
    mutating func read(_ offset: Int64) -> Bool {
        guard offsets.read(offset) else { return false }
        if offset + 1 >= replayEnd { hasReadReplay = true }
        return true
    }

    /// The consumer has come to the end of the partition: every request below `offset` has been read.
    mutating func endReached(at offset: Int64) {
        hasReadReplay = true
        offsets.skip(to: offset)
    }

    mutating func settle(_ offset: Int64) {
        offsets.settle(offset)
    }

    mutating func settle(_ list: OffsetList) {
        list.forEach { offsets.settle($0) }
    }

    /// The request at `offset`, just read, waits for its dead letter.
    mutating func reject(_ offset: Int64) {
        rejections.insert(offset)
    }

    /// A rejected request is in the dead-letter topic. An unexpected one is ignored.
    mutating func deadLettered(_ offset: Int64) {
        if rejections.remove(offset) != nil { offsets.settle(offset) }
    }

    /// The offset to commit, if it has grown (design rule "Settled").
    mutating func takeCommit() -> Int64? {
        guard offsets.committable > committed else { return nil }
        committed = offsets.committable
        return committed
    }

    /// Whether a bound is reached.
    func isFull(bytes: Int, waiting: Int, _ limits: SchedulerLimits) -> Bool {
        unsettledCount >= limits.maxUnsettled || uncommittedCount >= limits.maxUncommitted
            || bytes >= 2 * limits.maxResidentBytes || waiting >= limits.maxResident
    }

    /// Design rule "Bounded": at a limit the partition is paused, at half of it resumed.
    ///
    /// The holding pen has a limit of its own: its schedules may be settled already, as callbacks are.
    ///
    /// - Parameter isEager: whether to resume as soon as the limit is no longer reached.
    mutating func steer(
        bytes: Int,
        waiting: Int,
        isEager: Bool = false,
        _ limits: SchedulerLimits
    ) -> Effects.Intake? {
        let isFull = isFull(bytes: bytes, waiting: waiting, limits)
        let isRoomy =
            unsettledCount <= limits.maxUnsettled / 2 && uncommittedCount <= limits.maxUncommitted / 2
            && bytes < 2 * limits.maxResidentBytes && waiting <= limits.maxResident / 2
        if isPaused ? isRoomy || isEager && !isFull : isFull {
            isPaused.toggle()
            return isPaused ? .pause : .resume
        }
        return nil
    }
}
