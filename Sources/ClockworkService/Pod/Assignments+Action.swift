extension Assignments {
    /// Why an owner drains, and so what comes after it.
    enum Ending: Equatable {
        /// The group takes the partition back: it is released.
        case release
        /// The log is not the one that was read, up to this offset of Kafka's own: it is settled again, and the partition
        /// gets a new owner.
        case settleAgain(readUpTo: Int64)
        /// The pod shuts down.
        case shutDown
    }

    /// What is to be done.
    enum Action: Equatable {
        /// Find out which log each of these has; answered by `settled`. One that ends below `readUpTo` is another one than
        /// was read before.
        case settle([Int32], assignment: Int, readUpTo: Int64 = 0)
        /// An owner of the partition begins, with this number.
        case begin(UInt32, Int32, LogSettlement)
        /// Read these partitions from these offsets.
        case assign([Int32: Int64])
        /// Have the owner read and commit nothing for now.
        case suspend(UInt32)
        /// Find out whether these partitions still have the logs that their owners read; answered by `logsConfirmed` and
        /// `logChanged`.
        case look([Int32], doubt: Int)
        /// Have the owner read on from this offset, Kafka's own, and commit again.
        case resume(UInt32, from: Int64)
        /// Have the owner commit nothing any more: what it has read is of another log.
        case stopCommitting(UInt32)
        /// Have the owner finish what is in flight and begin nothing; answered by `drained`.
        case drain(UInt32)
        /// The owner is gone. It has drained, if it was in time, and what it has come to is to be kept.
        case letGo(UInt32, Ending, wasInTime: Bool)
        /// The owner is gone, and the partition may have another one at another pod already.
        case giveUp(UInt32)
        /// Let the group have these partitions.
        case release([Int32])
        /// Give up whatever is on its way to a topic: nothing that is owned is in it.
        case startAfresh
        /// No owner is left of a member that shuts down.
        case end
    }
}
