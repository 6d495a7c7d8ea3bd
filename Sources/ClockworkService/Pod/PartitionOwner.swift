internal import Kafka
internal import Scheduling
internal import Synchronization

/// Whether an owner still owns its partition. Store calls ask before they try: what an owner that has lost its
/// partition still writes is of no use to anybody.
final class Ownership: Sendable {
    private let hasEnded = Atomic(false)
    private let consumer: KafkaConsumer

    init(of consumer: KafkaConsumer) {
        self.consumer = consumer
    }

    var isCurrent: Bool { !hasEnded.load(ordering: .relaxed) }

    /// Whether that can be relied on just now (design: "Sure of its place").
    var isSure: Bool { consumer.isWithinSession }

    func end() {
        hasEnded.store(true, ordering: .relaxed)
    }
}

/// What a progress record tells of an owner that may change.
struct ProgressMark: Equatable {
    var executedUpTo: EpochMilliseconds?
    var resident: Int
    var committed: Int64?
}

/// The owner of one partition: its scheduler, and what the pod has to know about it.
///
/// Belongs to the pod and is used on its event loop only.
final class PartitionOwner {
    /// Distinguishes this ownership from others of the same partition, before and after: answers and delivery reports
    /// carry it, and late ones find nobody.
    let number: UInt32
    let partition: Int32
    /// The group generation under which the partition was assigned.
    let epoch: Int64
    let ownership: Ownership
    var scheduler: PartitionScheduler

    /// The look-ups without an answer, and when each is called delayed; in that order, and few.
    private var lookUps: [(id: Int, patienceEnd: Uptime)] = []

    /// How long a look-up may take before its schedules go out without it, in milliseconds.
    private static let patience: Int64 = 1_000

    /// The offset last committed by this owner, as the group has confirmed it.
    var confirmedOffset: Int64?
    /// When a drain is given up, once one has begun.
    var drainDeadline: Uptime?
    /// Whether the drain is done and only the last commit is awaited.
    var isDrained = false
    /// The time and content of the last progress record.
    var savedAt = Uptime.zero
    var savedMark: ProgressMark?

    init(number: UInt32, partition: Int32, epoch: Int64, ownership: Ownership, scheduler: PartitionScheduler) {
        self.number = number
        self.partition = partition
        self.epoch = epoch
        self.ownership = ownership
        self.scheduler = scheduler
    }

    /// Whose its deliveries are.
    var sender: Sender { Sender(owner: number, partition: partition) }

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
