internal import CKafka

/// A topic as one producer knows it. Keep it where records are produced: it saves the look-up by name.
///
/// `@unchecked Sendable`: both properties are immutable and librdkafka's handles may be used from any thread.
public final class KafkaTopic: @unchecked Sendable {
    /// The topic's name.
    public let name: String

    let handle: OpaquePointer
    /// The producer's handle must outlive the topic's.
    private let client: KafkaClient

    init(name: String, client: KafkaClient) throws(KafkaError) {
        guard Self.isLegal(name), let handle = rd_kafka_topic_new(client.handle, name, nil) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, message: "the topic name is not legal")
        }
        self.name = name
        self.handle = handle
        self.client = client
    }

    deinit {
        rd_kafka_topic_destroy(handle)
    }

    /// Whether Kafka allows a topic of this name: 1 to 249 of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
    public static func isLegal(_ name: String) -> Bool {
        guard 1...249 ~= name.utf8.count, name != ".", name != ".." else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
    }
}
