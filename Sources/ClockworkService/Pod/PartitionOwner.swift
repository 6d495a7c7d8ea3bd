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

    /// Whether what it settles is committed: not once the log that it has read is perhaps gone.
    private(set) var mayCommit = true
    /// Whether the intake is to be read, where the consumer does not know it yet.
    private(set) var unsteered: Effects.Intake?
    private var steerAt = Uptime.zero

    /// The look-ups without an answer, and when each is called delayed; in that order, and few.
    private var lookUps: [(id: Int, patienceEnd: Uptime)] = []

    /// How long a look-up may take before its schedules go out without it, in milliseconds.
    private static let patience: Int64 = 1_000
    /// The pause before the consumer is asked again to pause or resume, in milliseconds.
    private static let steerPause: Int64 = 500

    /// An owner that begins in this log.
    ///
    /// - Parameter now: the current time of the wall clock.
    init(
        number: UInt32,
        partition: Int32,
        log: LogSettlement,
        epoch: Int64,
        ownership: Ownership,
        limits: SchedulerLimits,
        now: EpochMilliseconds
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
            now: now,
            limits: limits
        )
        note = ProgressNote(log)
    }

    /// Whose its deliveries are.
    var sender: Sender { Sender(owner: number, partition: partition) }

    /// Kafka's own offset of the record to be read next.
    var nextOffset: Int64 { LogOffset(scheduling: scheduler.nextOffset).offset }

    /// Whether a schedule at this position is in memory, if it is pending.
    func isResident(_ position: Position) -> Bool { position <= scheduler.horizon }

    // MARK: Progress

    /// Commits nothing any more.
    func stopCommitting() {
        mayCommit = false
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

    /// The scheduler wants the intake to be read, or not.
    func steer(_ intake: Effects.Intake) {
        unsteered = intake
        steerAt = .zero
    }

    /// When the consumer is to be asked for it.
    var steersAt: Uptime? { unsteered == nil ? nil : steerAt }

    /// The consumer has done as it was asked, or has failed to and is asked again later.
    func steered(successfully: Bool, now: Uptime) {
        if successfully { unsteered = nil } else { steerAt = now.advanced(byMilliseconds: Self.steerPause) }
    }

    // MARK: Look-ups

    /// When the next look-up is called delayed.
    var patienceEnd: Uptime? { lookUps.first?.patienceEnd }

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
        guard let end = patienceEnd, end <= now else { return [] }
        let delayed = lookUps.prefix { $0.patienceEnd <= now }.map(\.id)
        lookUps.removeFirst(delayed.count)
        return delayed
    }
}
