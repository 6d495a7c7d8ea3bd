internal import Kafka

/// A librdkafka property that the operator set.
public struct KafkaProperty: Equatable, Sendable, CustomStringConvertible {
    /// The property's name, such as `sasl.mechanisms`.
    public let name: String
    /// Its value. Properties are passed on without being interpreted, so every value counts as a secret unless
    /// `isSecret` says otherwise.
    public let value: Secret

    init(name: String, value: String) {
        self.name = name
        self.value = Secret(value)
    }

    /// Whether the value is secret, according to the name.
    public var isSecret: Bool { KafkaProperties.isSecret(name) }

    /// The property as a log may show it.
    public var description: String {
        "\(name)=\(isSecret ? value.description : value.revealed)"
    }
}
