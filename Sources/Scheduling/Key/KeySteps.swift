/// A consequence of an event of a key. The scheduler carries it out at once, in order.
enum KeyStep {
    /// Ask the store about the key again, for the request at this log offset. Answered by `KeyState.answered`.
    case ask(Int64)
    /// Find a place for the pending schedule. Answered by `KeyState.placed`.
    case place(Schedule)
    /// The schedule is no longer pending: remove it from its place.
    case takeOut(Schedule, PendingSchedule.Place)
    /// The schedule no longer needs to wait in the holding pen for its own answer.
    case release(Schedule)
    /// The key has something to send. Answered by `KeyState.takeChange`.
    case write
    /// The request at this log offset is settled.
    case settle(Int64)
    /// The requests at these log offsets are settled.
    case settleAll(OffsetList)
}

/// Gathers the steps of an event, and its counts.
struct KeySteps {
    /// The intake partition.
    let partition: Int32
    private(set) var list: ContiguousArray<KeyStep> = []
    var counters = SchedulerCounters()

    init(partition: Int32) {
        self.partition = partition
    }

    mutating func add(_ step: KeyStep) {
        list.append(step)
    }

    mutating func removeAll() {
        list.removeAll(keepingCapacity: true)
    }
}
