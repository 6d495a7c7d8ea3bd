import Scheduling

/// A process that owns the partition, or did.
final class SimulatedOwner {
    var scheduler: PartitionScheduler
    /// The topic it reads.
    let log: SimulatedLog
    /// The record it reads next, as an index of the log.
    var next: Int
    var isGone = false
    /// Whether all that it had asked for when it went is carried out still.
    var goesOn = false
    var isDraining = false
    var isPaused = false
    /// Whether it was told that it has caught up for too long.
    var isOverdue = false
    var isReadPlanned = false
    var nextWake: Int64?
    /// Until when it stands still.
    var frozenUntil: Int64 = 0
    /// How far its clock is ahead of the world's.
    var clockOffset: Int64
    /// Whether it has lost the partition and acts on all the same.
    var isUnaware = false
    /// Which callbacks may be attempted.
    var order = CallbackOrder<Delivery>()
    /// How many callbacks are being attempted.
    var callbacks = 0
    /// What was put off since the scheduler was told last.
    var putOff: [(schedule: Schedule, postponement: Postponement)] = []
    /// After how many effects more it crashes; `nil` for not at all.
    var effectsToCrash: Int?
    /// When what it has produced arrives, by topic.
    var producerTimes: [DeliveryTarget: Int64] = [:]
    var toCommit: Int64
    /// When each look-up that has not been answered was sent.
    var lookUpsSent: [Int: Int64] = [:]
    /// What an onlooker knows of it.
    var history = OwnerHistory()

    init(scheduler: PartitionScheduler, log: SimulatedLog, next: Int, clockOffset: Int64) {
        self.scheduler = scheduler
        self.log = log
        self.next = next
        self.clockOffset = clockOffset
        toCommit = scheduler.nextOffset
    }
}

/// What one owner has done, as the checks need it.
struct OwnerHistory {
    /// The highest offset of a request for a key that it has read.
    var latestRead: [ScheduleKey: Int64] = [:]
    /// The highest offset of a create for a key that it has handed out.
    var latestHandedOutOfKey: [ScheduleKey: Int64] = [:]
    /// The highest offset of a create for a key that it has read and that was no duplicate of one in flight.
    var latestCreate: [ScheduleKey: Int64] = [:]
    /// The latest it has handed out for each ordering key, and when it had read what.
    var latestHandedOut: [String: (schedule: Schedule, readsBefore: Int)] = [:]
    var arrivals: [Int64: (number: Int, time: EpochMilliseconds)] = [:]
    var reads = 0
    /// Ordered callbacks that it has been handed and that have not ended, by ordering key.
    var unfinished: [String: [Int64: Schedule]] = [:]
    /// The offsets of the creates whose deliveries it has handed out and not heard of.
    var inFlight: Set<Int64> = []
    /// The most callbacks that it had in flight at once.
    var mostCallbacks = 0
    /// Since when it fires.
    var firingSince: EpochMilliseconds?
}
