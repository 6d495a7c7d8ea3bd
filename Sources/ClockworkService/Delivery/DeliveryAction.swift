internal import Scheduling

/// An action that `DeliveryQueues` requests from its driver.
enum DeliveryAction {
    /// Give this record, `DeliveryQueues.record(token)`, to the producer. Answered by `notTaken` or `reported`: at once
    /// if the producer refuses it, else with its report.
    case produce(token: UInt64)
    /// Ask the brokers for this topic. Answered by `topicChecked`.
    case checkTopic(String)
    /// Give up the producer, which holds records of this topic for partitions that are gone. Answered by
    /// `producerFailed`.
    case giveUpProducer(topic: String)
    /// Create another producer in place of the one that was given up. Answered by `producerReplaced` or
    /// `producerNotReplaced`.
    case replaceProducer
    /// Report the end of a record to its owner.
    case conclude(owner: UInt32, DeliveryEnd)
    /// Count, and perhaps log, that a record will be produced again. `isFirst` if its topic has taken a record since
    /// its last retry.
    case noteRetry(topic: String, RetryCause, isFirst: Bool)
    /// Log that a topic takes records again.
    case noteRecovery(topic: String)
}

/// The end of a record. Topics are rows of `DeliveryQueues`, and a delivered record is reported by numbers alone, since
/// this case comes with every record.
enum DeliveryEnd {
    /// The topic has the delivery. `due` is `nil` if its schedule time says nothing about its lateness.
    case delivered(token: UInt32, topic: Int32, due: EpochMilliseconds?)
    /// The delivery has failed for good.
    case failed(token: UInt32, topic: Int32, DeliveryFailure)
    /// The dead-letter topic has the dead letter.
    case deadLettered(DeadLetter.Subject)
}

/// Why a record is produced again.
enum RetryCause: Equatable {
    /// An outage or a similar failure.
    case outage(reason: String)
    /// The dead-letter topic refuses a dead letter, which is tried until it is taken.
    case deadLetterRefused(reason: String)
}

extension DeliveryFailure {
    /// The topic does not exist.
    static func unknown(_ topic: String) -> DeliveryFailure {
        DeliveryFailure(code: .unknownTopic, detail: "Topic \(topic) does not exist.")
    }

    /// Deliveries into the topic are not allowed, or no longer.
    static func notAllowed(_ topic: String) -> DeliveryFailure {
        DeliveryFailure(code: .topicNotAllowed, detail: "Deliveries into topic \(topic) are not allowed.")
    }

    /// The topic will never take the record.
    static func refused(by topic: String, _ reason: String) -> DeliveryFailure {
        DeliveryFailure(code: .deliveryRejected, detail: "Topic \(topic) refuses it: \(reason).")
    }
}
