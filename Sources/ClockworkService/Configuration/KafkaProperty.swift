internal import Kafka

/// A librdkafka property that the operator set.
public struct KafkaProperty: Equatable, Sendable, CustomStringConvertible {
    /// The property's name, such as `sasl.mechanisms`.
    public let name: String
    /// Its value; properties are passed on without being understood, so each is treated as a secret until asked for.
    public let value: Secret

    init(name: String, value: String) {
        self.name = name
        self.value = Secret(value)
    }

    /// Whether the name says that the value is a secret.
    public var isSecret: Bool { KafkaProperties.isSecret(name) }

    /// The property as a log may show it.
    public var description: String {
        "\(name)=\(isSecret ? value.description : value.revealed)"
    }
}
