import Scheduling

/// A process that owns the partition, or did.
final class SimulatedOwner {
    var scheduler: PartitionScheduler
    /// The record it reads next, as an index of the log.
    var next: Int
    /// Where it began to read.
    let first: Int
    var isGone = false
    var isDraining = false
    var isPaused = false
    var isReadPlanned = false
    var nextWake: Int64?
    var producerTime: Int64 = 0
    var toCommit: Int64
    /// When each look-up that has not been answered was sent.
    var lookUpsSent: [Int: Int64] = [:]

    init(scheduler: PartitionScheduler, next: Int) {
        self.scheduler = scheduler
        self.next = next
        first = next
        toCommit = scheduler.nextOffset
    }
}
