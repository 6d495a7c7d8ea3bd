/// What is to be done after an event of a key. The scheduler carries it out at once, in order.
enum KeyStep {
    /// Ask the store about the key again, for the request at this log offset. Answered by `KeyState.answered`.
    case ask(Int64)
    /// Find a place for the pending schedule. Answered by `KeyState.placed`.
    case place(Schedule)
    /// The schedule is not pending any more: take it out of where it was.
    case takeOut(Schedule, PendingSchedule.Place)
    /// The schedule need not wait in the holding pen for its own answer any more.
    case release(Schedule)
    /// The key has something to send. Answered by `KeyState.takeChange`.
    case write
    /// The request at this log offset is settled.
    case settle(Int64)
    /// These are.
    case settleAll(OffsetList)
}

/// Where the steps of an event are gathered, and what it counts.
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
