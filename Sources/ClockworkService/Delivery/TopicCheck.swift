internal import Kafka

/// A question to the brokers: does this topic exist, and with how many partitions? Asked once, from any thread.
///
/// Goes over the client of a producer, where it waits behind nothing but other checks.
struct TopicCheck: Sendable {
    let topic: String
    private let producer: KafkaProducer

    init(of topic: String, over producer: KafkaProducer) {
        self.topic = topic
        self.producer = producer
    }

    /// The answer.
    ///
    /// - Throws: when there was none within `timeout`, or the task was cancelled.
    func ask(timeout: Duration) async throws(KafkaError) -> TopicAnswer {
        try await producer.partitionCount(of: topic, timeout: timeout).map(TopicAnswer.exists) ?? .isMissing
    }
}
