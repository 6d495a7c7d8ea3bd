internal import Bytes
internal import CKafka

/// A topic as known to one producer. Keep it with the code that produces: it saves the look-up by name.
///
/// `@unchecked Sendable`: both properties are immutable and librdkafka's handles may be used from any thread.
public final class KafkaTopic: @unchecked Sendable {
    /// The topic's name.
    public let name: String

    let handle: OpaquePointer
    /// The producer's handle must outlive the topic's.
    private let client: KafkaClient

    init(name: String, client: KafkaClient) throws(KafkaError) {
        guard TopicName.isLegal(name), let handle = rd_kafka_topic_new(client.handle, name, nil) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, message: "the topic name is not legal")
        }
        self.name = name
        self.handle = handle
        self.client = client
    }

    deinit {
        rd_kafka_topic_destroy(handle)
    }
}
