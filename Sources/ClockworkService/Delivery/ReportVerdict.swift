internal import Kafka

/// What the end of an attempt to produce a record means for it.
enum ReportVerdict: Equatable {
    /// It is in its topic.
    case written
    /// It, or the batch that it shared, is larger than the topic allows.
    case tooLarge(reason: String)
    /// Its topic does not exist.
    case unknownTopic
    /// Its topic will never take it.
    case refused(reason: String)
    /// Nothing is wrong with it: produce it again.
    case retry(reason: String)

    /// The meaning of a delivery report, or of what `KafkaProducer.produce` returned.
    init(_ error: KafkaError?) {
        guard let error else {
            self = .written
            return
        }
        if error.isMessageTooLarge {
            self = .tooLarge(reason: error.name)
        } else if error.isUnknownTopic {
            self = .unknownTopic
        } else if error.isRecordRejected {
            self = .refused(reason: error.name)
        } else {
            self = .retry(reason: "\(error)")
        }
    }
}
