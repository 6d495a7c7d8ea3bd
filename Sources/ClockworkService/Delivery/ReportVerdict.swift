internal import Kafka

/// The meaning of an attempt's end for a produced record.
enum ReportVerdict: Equatable {
    /// It is in its topic.
    case written
    /// It is larger than the topic allows, or the batch that it shared is.
    case tooLarge(reason: String)
    /// The topic refuses it, or another record of its batch.
    case recordRefused(reason: String)
    /// Its topic, or the partition that was chosen, does not exist.
    case unknownTopic
    /// Its topic takes nothing now, whatever the record.
    case topicRefuses(reason: String)
    /// The fault is not its own: produce it again.
    case retry(reason: String)

    /// The meaning of a delivery report, or of what `KafkaProducer.produce` returned.
    init(_ error: KafkaError?) {
        guard let error else {
            self = .written
            return
        }
        self =
            switch error.meaning {
            case .tooLarge: .tooLarge(reason: error.name)
            case .recordRefused: .recordRefused(reason: error.name)
            case .unknownTopic: .unknownTopic
            case .topicRefuses: .topicRefuses(reason: error.name)
            case .transient, .rebalance, .clientRefused, .offsetGone, .fatal, .other: .retry(reason: "\(error)")
            }
    }
}
