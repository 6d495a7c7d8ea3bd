extension Assignments {
    /// Why an owner drains, which decides what follows.
    enum Ending: Equatable {
        /// The group takes the partition back: release it.
        case release
        /// The log is not the one that was read up to this offset, Kafka's own. It is settled again, and the partition
        /// gets a new owner.
        case settleAgain(readUpTo: Int64)
        /// The pod shuts down.
        case shutDown
    }

    /// An action to carry out.
    enum Action: Equatable {
        /// Find out which log each of these has; answered by `settled`. A log that ends below `readUpTo` is not the one
        /// read before.
        case settle([Int32], assignment: Int, readUpTo: Int64 = 0)
        /// An owner of the partition begins, with this number.
        case begin(UInt32, Int32, LogSettlement)
        /// Read these partitions from these offsets.
        case assign([Int32: Int64])
        /// The owner reads and commits nothing for now.
        case suspend(UInt32)
        /// Find out whether these partitions still have the logs that their owners read; answered by `logsConfirmed` and
        /// `logChanged`.
        case look([Int32], doubt: Int)
        /// The owner continues to read from this offset, Kafka's own, and commits again.
        case resume(UInt32, from: Int64)
        /// The owner commits nothing more: it has read another log.
        case stopCommitting(UInt32)
        /// The owner finishes everything in flight and begins nothing; answered by `drained`.
        case drain(UInt32)
        /// The owner is gone. It has drained, if it was in time, and its progress is to be kept.
        case letGo(UInt32, Ending, wasInTime: Bool)
        /// The owner is gone, and the partition may already have another one at another pod.
        case giveUp(UInt32)
        /// Give these partitions back to the group.
        case release([Int32])
        /// Give up all records on their way to a topic: they belong to no owner.
        case startAfresh
        /// The last owner of a member that shuts down is gone.
        case end
    }
}
