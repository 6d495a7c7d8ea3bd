internal import Runtime
internal import Scheduling

/// The owner of one partition: its scheduler, and the pod's knowledge about it.
///
/// Belongs to the pod and is used on its event loop only. `Assignments` knows whether it works or drains.
final class PartitionOwner {
    /// Distinguishes this ownership from earlier and later ones of the same partition. Answers and delivery reports
    /// carry it, so late ones find nobody.
    let number: UInt32
    let partition: Int32
    /// Which log of the partition it reads.
    let generation: Int64
    /// The group generation under which the partition was assigned.
    private let epoch: Int64
    let ownership: Ownership
    var scheduler: PartitionScheduler
    /// Its progress.
    var note: ProgressNote
    /// How far it is behind the end of the partition.
    var lag = IntakeLag()

    /// Whether its settled offsets are committed.
    private enum Commits {
        /// As they are settled.
        case made
        /// Not while its log is in doubt. Goes back to `made`, or on to `ended`.
        case heldBack
        /// Not any more: the log that it read is gone, or it ends in doubt.
        case ended
    }

    private var commits = Commits.made
    /// Everything below this offset, Kafka's own, is settled; `nil` until something is.
    private var settledBelow: Int64?
    /// Whether the intake is to be read, until the consumer knows it.
    private(set) var unsteered: Effects.Intake?
    private var steerAt = Uptime.zero

    /// When catching up will have taken too long; `nil` once that has been reported.
    private var catchUpEnd: Uptime?
    /// The unanswered look-ups, and when each counts as delayed; in that order, and few.
    private var lookUps: [(id: Int, patienceEnd: Uptime)] = []

    /// How long a look-up may take before its schedules go out without it, in milliseconds.
    private static let patience: Int64 = 1_000
    /// The pause before the consumer is asked again to pause or resume, in milliseconds.
    private static let steerPause: Int64 = 500

    /// An owner that begins with this log.
    ///
    init(
        number: UInt32,
        partition: Int32,
        log: LogSettlement,
        epoch: Int64,
        ownership: Ownership,
        limits: SchedulerLimits,
        now: Moment
    ) {
        self.number = number
        self.partition = partition
        self.epoch = epoch
        self.ownership = ownership
        generation = log.generation
        scheduler = PartitionScheduler(
            partition: partition,
            start: LogOffset(generation: log.generation, offset: log.start).scheduling,
            end: LogOffset(generation: log.generation, offset: log.end).scheduling,
            isStartCommitted: !log.needsCommit,
            now: now.wall,
            limits: limits
        )
        catchUpEnd = now.uptime.advanced(byMilliseconds: limits.catchUpMilliseconds)
        note = ProgressNote(log)
    }

    /// The sender of its deliveries.
    var sender: Sender { Sender(owner: number, partition: partition) }

    /// Kafka's own offset of the record to be read next.
    var nextOffset: Int64 { LogOffset(scheduling: scheduler.nextOffset).offset }

    /// Whether a schedule at this position is in memory, if it is pending.
    func isResident(_ position: Position) -> Bool { position <= scheduler.horizon }

    // MARK: Progress

    /// Whether settled offsets are committed now: not while the log may be gone.
    var mayCommit: Bool { commits == .made }

    /// Everything below this offset, Kafka's own, is settled.
    func settled(below offset: Int64) {
        settledBelow = offset
    }

    /// Commits nothing any more.
    func stopCommitting() {
        commits = .ended
    }

    // MARK: Doubt

    /// Reads and commits nothing for now.
    func suspend() {
        guard commits == .made else { return }
        commits = .heldBack
        unsteered = nil
    }

    /// Reads and commits again; the consumer is assumed to read.
    ///
    /// - Returns: the offset to commit.
    func resume() -> Int64? {
        guard commits == .heldBack else { return nil }
        commits = .made
        if scheduler.isPaused { steer(.pause) }
        return settledBelow
    }

    /// The present content of its progress record.
    func progress(podName: String, now: Moment) -> PartitionProgress {
        PartitionProgress(
            partition: partition,
            owner: podName,
            epoch: epoch,
            executedUpTo: scheduler.executedUpTo,
            pendingResident: scheduler.residentCount,
            committedOffset: note.committed,
            generation: generation,
            mark: note.mark,
            updatedAt: now.wall
        )
    }

    // MARK: Reading

    /// The scheduler wants the intake read, or not. In doubt it is not read in any case.
    func steer(_ intake: Effects.Intake) {
        guard commits != .heldBack else { return }
        unsteered = intake
        steerAt = .zero
    }

    /// When to ask the consumer for it.
    var steersAt: Uptime? { unsteered == nil ? nil : steerAt }

    /// The consumer has done it, or has failed and is asked again later.
    func steered(successfully: Bool, now: Uptime) {
        if successfully { unsteered = nil } else { steerAt = now.advanced(byMilliseconds: Self.steerPause) }
    }

    // MARK: What takes too long

    /// When the next look-up, or catching up, counts as delayed.
    var patienceEnd: Uptime? {
        let lookUpEnd = lookUps.first?.patienceEnd
        guard scheduler.isCatchingUp, let catchUpEnd else { return lookUpEnd }
        return lookUpEnd.map { min($0, catchUpEnd) } ?? catchUpEnd
    }

    /// Whether catching up counts as delayed from now on; reported once.
    func takeDelayedCatchUp(now: Uptime) -> Bool {
        guard scheduler.isCatchingUp, let end = catchUpEnd, end <= now else { return false }
        catchUpEnd = nil
        return true
    }

    /// A look-up has begun.
    func beginLookUp(_ id: Int, now: Uptime) {
        lookUps.append((id, now.advanced(byMilliseconds: Self.patience)))
    }

    /// A look-up has been answered.
    func endLookUp(_ id: Int) {
        lookUps.removeAll { $0.id == id }
    }

    /// The look-ups that count as delayed from now on, each reported once.
    func takeDelayedLookUps(now: Uptime) -> [Int] {
        let delayed = lookUps.prefix { $0.patienceEnd <= now }.map(\.id)
        lookUps.removeFirst(delayed.count)
        return delayed
    }
}
