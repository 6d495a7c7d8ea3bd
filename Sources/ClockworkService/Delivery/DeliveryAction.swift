internal import Scheduling

/// What `DeliveryQueues` asks of its driver.
enum DeliveryAction {
    /// Give this record, `DeliveryQueues.record(token)`, to the producer. Answered by `notTaken` or `reported`: at once if
    /// the producer refuses it, else when its report comes.
    case produce(token: UInt64)
    /// Ask the brokers for this topic. Answered by `topicChecked`.
    case checkTopic(String)
    /// Give up the producer, in which records of this topic wait for partitions that are gone. Answered by
    /// `producerFailed`.
    case giveUpProducer(topic: String)
    /// Make another producer in place of the one that was given up. Answered by `producerReplaced` or
    /// `producerNotReplaced`.
    case replaceProducer
    /// Report to its owner how a record has ended.
    case conclude(owner: UInt32, DeliveryEnd)
    /// Count, and perhaps log, that a record will be produced again. `isFirst` when its topic has taken a record since it
    /// last had one produced again.
    case noteRetry(topic: String, RetryCause, isFirst: Bool)
    /// Log that a topic takes records again.
    case noteRecovery(topic: String)
}

/// How a record has ended. Topics are rows of `DeliveryQueues`, and a delivered record is reported by numbers
/// alone: this is the case that comes with each record.
enum DeliveryEnd {
    /// The topic has the delivery. `due` is `nil` where its schedule time says nothing of how late it is.
    case delivered(token: UInt32, topic: Int32, due: EpochMilliseconds?)
    /// The delivery can never succeed.
    case failed(token: UInt32, topic: Int32, DeliveryFailure)
    /// The dead-letter topic has the dead letter.
    case deadLettered(DeadLetter.Subject)
}

/// Why a record is produced again.
enum RetryCause: Equatable {
    /// An outage or the like.
    case outage(reason: String)
    /// The dead-letter topic does not take a dead letter. It is tried until it does.
    case deadLetterRefused(reason: String)
}

extension DeliveryFailure {
    /// The topic does not exist.
    static func unknown(_ topic: String) -> DeliveryFailure {
        DeliveryFailure(code: .unknownTopic, detail: "Topic \(topic) does not exist.")
    }

    /// Deliveries into the topic are not allowed, or not any more.
    static func notAllowed(_ topic: String) -> DeliveryFailure {
        DeliveryFailure(code: .topicNotAllowed, detail: "Deliveries into topic \(topic) are not allowed.")
    }

    /// The topic will never take the record.
    static func refused(by topic: String, _ reason: String) -> DeliveryFailure {
        DeliveryFailure(code: .deliveryRejected, detail: "Topic \(topic) refuses it: \(reason).")
    }
}
