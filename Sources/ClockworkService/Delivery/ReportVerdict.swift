internal import Kafka
internal import Scheduling

/// What a delivery report means for the record.
enum ReportVerdict: Equatable {
    /// It is in its topic.
    case written
    /// It can never be.
    case failed(DeliveryFailure)
    /// Try once more: nothing is wrong with the record.
    case retry

    init(_ error: KafkaError?, topic: String) {
        guard let error else {
            self = .written
            return
        }
        if error.isUnknownTopic {
            self = .failed(DeliveryFailure(code: .unknownTopic, detail: "Topic \(topic) does not exist."))
        } else if error.isRecordRejected {
            self = .failed(
                DeliveryFailure(code: .deliveryRejected, detail: "Topic \(topic) refuses it: \(error.name).")
            )
        } else {
            self = .retry
        }
    }
}
