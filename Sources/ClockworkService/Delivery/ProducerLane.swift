internal import Kafka
internal import Logging

/// A producer with the handles of the topics it has met.
final class ProducerLane {
    let producer: KafkaProducer
    private var topics: [String: KafkaTopic] = [:]

    init(properties: KafkaProperties, logger: Logger) throws(KafkaError) {
        producer = try KafkaProducer(properties: properties, logger: logger)
    }

    func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
        if let topic = topics[name] { return topic }
        let topic = try producer.topic(name)
        topics[name] = topic
        return topic
    }
}
