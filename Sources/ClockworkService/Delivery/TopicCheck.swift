internal import Kafka
internal import Synchronization

/// A question to the brokers: does this topic exist? Asked once, from any thread.
///
/// Goes over the client of a producer, where it waits behind nothing but other checks. It keeps the producer until the
/// answer is there and no longer: its last user may have to block, which the asking task must not.
final class TopicCheck: Sendable {
    let topic: String
    private let producer: Mutex<KafkaProducer?>

    init(of topic: String, over producer: KafkaProducer) {
        self.topic = topic
        self.producer = Mutex(producer)
    }

    /// The answer.
    ///
    /// - Throws: when there was none within `timeout`, or the task was cancelled.
    func ask(timeout: Duration) async throws(KafkaError) -> Bool {
        guard let producer = producer.withLock({ $0.take() }) else {
            preconditionFailure("the check of \(topic) was asked twice")
        }
        return try await producer.partitionCount(of: topic, timeout: timeout) != nil
    }
}
