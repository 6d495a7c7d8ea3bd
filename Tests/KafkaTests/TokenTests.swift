import Kafka
import Synchronization
import Testing

@Suite struct TokenTests {
    @Test func `a token is asked for when a client is made, before anything polls it`() async throws {
        let asked = Mutex(0)
        let source = KafkaTokenSource {
            asked.withLock { $0 += 1 }
            return .failure(KafkaTokenFailure(reason: "not today"))
        }
        var properties: KafkaProperties = [
            "bootstrap.servers": "127.0.0.1:1", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "OAUTHBEARER",
        ]
        properties.tokenSource = source
        let inspector = try KafkaInspector(group: "tokens", properties: properties)
        try await wait("the consumer's token", until: { asked.withLock { $0 } == 1 })
        let producer = try KafkaProducer(properties: properties, logger: quietLogger)
        try await wait("the producer's token", until: { asked.withLock { $0 } == 2 })
        withExtendedLifetime((inspector, producer)) {}
    }

    @Test func `a token that is not to be had is what is said, not that time ran out`() throws {
        var properties: KafkaProperties = [
            "bootstrap.servers": "127.0.0.1:1", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "OAUTHBEARER",
        ]
        properties.tokenSource = KafkaTokenSource { .failure(KafkaTokenFailure(reason: "not today")) }
        let inspector = try KafkaInspector(group: "tokens", properties: properties)
        let error = #expect(throws: KafkaError.self) { try inspector.brokerCount(timeout: .seconds(2)) }
        #expect(error?.message.contains("not today") == true, "\(String(describing: error))")
    }

    @Test func `a source does no harm where another mechanism is in use`() throws {
        let cluster = try LocalKafka(brokers: 1)
        var properties: KafkaProperties = ["bootstrap.servers": cluster.bootstrapServers]
        properties.tokenSource = KafkaTokenSource { .failure(KafkaTokenFailure(reason: "nobody asks")) }
        #expect(try KafkaInspector(group: "tokens", properties: properties).brokerCount(timeout: .seconds(20)) == 1)
    }
}
