import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1))) struct CleanupPolicyTests {
    private static func policy(
        _ answer: Result<String, ConfigurationBroker.Code>
    ) throws -> KafkaInspector.CleanupPolicy {
        let broker = ConfigurationBroker(policy: answer)
        defer { broker.stop() }
        let inspector = try KafkaInspector(group: "g", properties: ["bootstrap.servers": "127.0.0.1:\(broker.port)"])
        return try inspector.cleanupPolicy(ofTopic: "t", timeout: .seconds(20))
    }

    @Test(
        arguments: [
            ("delete", false), ("compact", true), ("compact,delete", true), ("delete, compact", true), ("", false),
        ]
    )
    func `the brokers say whether a topic is compacted`(text: String, isCompacting: Bool) throws {
        let policy = try Self.policy(.success(text))
        #expect(policy.text == text && policy.isCompacting == isCompacting)
    }

    @Test func `a policy that may not be asked for is an error`() {
        let error = #expect(throws: KafkaError.self) { try Self.policy(.failure(ConfigurationBroker.Code(code: 29))) }
        #expect(error?.name == "TOPIC_AUTHORIZATION_FAILED" && error?.isUnsupported == false)
    }

    @Test func `brokers that do not know the question say so`() throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let inspector = try KafkaInspector(group: "g", properties: ["bootstrap.servers": cluster.bootstrapServers])
        let error = #expect(throws: KafkaError.self) {
            try inspector.cleanupPolicy(ofTopic: "t", timeout: .seconds(20))
        }
        #expect(error?.isUnsupported == true)
    }
}
