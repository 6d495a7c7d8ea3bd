internal import Scheduling

/// The owner of one partition: its scheduler, and what the pod has to know about it.
///
/// Belongs to the pod and is used on its event loop only. Whether it works or drains, `Assignments` knows.
final class PartitionOwner {
    /// Distinguishes this ownership from others of the same partition, before and after: answers and delivery reports
    /// carry it, and late ones find nobody.
    let number: UInt32
    let partition: Int32
    /// Which log of the partition it reads.
    let generation: Int64
    /// The group generation under which the partition was assigned.
    private let epoch: Int64
    let ownership: Ownership
    var scheduler: PartitionScheduler
    /// How far it has come.
    var note: ProgressNote
    /// How far it is behind the end of the partition.
    var lag = IntakeLag()

    /// Whether what it settles is committed.
    private enum Commits {
        /// As it is settled.
        case made
        /// Not while its log is in doubt. Goes back to `made`, or on to `ended`.
        case heldBack
        /// Not any more: the log that it has read is gone, or it ends in doubt.
        case ended
    }

    private var commits = Commits.made
    /// Everything below this offset, Kafka's own, is settled; `nil` until something is.
    private var settledBelow: Int64?
    /// Whether the intake is to be read, where the consumer does not know it yet.
    private(set) var unsteered: Effects.Intake?
    private var steerAt = Uptime.zero

    /// When the catching up has taken too long; `nil` once that has been said.
    private var catchUpEnd: Uptime?
    /// The look-ups without an answer, and when each is called delayed; in that order, and few.
    private var lookUps: [(id: Int, patienceEnd: Uptime)] = []

    /// How long a look-up may take before its schedules go out without it, in milliseconds.
    private static let patience: Int64 = 1_000
    /// The pause before the consumer is asked again to pause or resume, in milliseconds.
    private static let steerPause: Int64 = 500

    /// An owner that begins in this log.
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

    /// Whose its deliveries are.
    var sender: Sender { Sender(owner: number, partition: partition) }

    /// Kafka's own offset of the record to be read next.
    var nextOffset: Int64 { LogOffset(scheduling: scheduler.nextOffset).offset }

    /// Whether a schedule at this position is in memory, if it is pending.
    func isResident(_ position: Position) -> Bool { position <= scheduler.horizon }

    // MARK: Progress

    /// Whether what it settles is committed just now: not where the log that it has read is perhaps gone.
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

    /// Reads on and commits again; the consumer is taken to read.
    ///
    /// - Returns: what is to be committed.
    func resume() -> Int64? {
        guard commits == .heldBack else { return nil }
        commits = .made
        if scheduler.isPaused { steer(.pause) }
        return settledBelow
    }

    /// What a progress record is to say now.
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

    /// The scheduler wants the intake to be read, or not. In doubt it is not read anyway.
    func steer(_ intake: Effects.Intake) {
        guard commits != .heldBack else { return }
        unsteered = intake
        steerAt = .zero
    }

    /// When the consumer is to be asked for it.
    var steersAt: Uptime? { unsteered == nil ? nil : steerAt }

    /// The consumer has done as it was asked, or has failed to and is asked again later.
    func steered(successfully: Bool, now: Uptime) {
        if successfully { unsteered = nil } else { steerAt = now.advanced(byMilliseconds: Self.steerPause) }
    }

    // MARK: What takes too long

    /// When the next look-up, or the catching up, is called delayed.
    var patienceEnd: Uptime? {
        let lookUpEnd = lookUps.first?.patienceEnd
        guard scheduler.isCatchingUp, let catchUpEnd else { return lookUpEnd }
        return lookUpEnd.map { min($0, catchUpEnd) } ?? catchUpEnd
    }

    /// Whether the catching up is to be called delayed now; once.
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

    /// The look-ups to be called delayed now, each once.
    func takeDelayedLookUps(now: Uptime) -> [Int] {
        let delayed = lookUps.prefix { $0.patienceEnd <= now }.map(\.id)
        lookUps.removeFirst(delayed.count)
        return delayed
    }
}
