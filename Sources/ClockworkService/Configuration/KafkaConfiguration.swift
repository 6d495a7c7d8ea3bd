internal import Bytes

/// The settings of a pod for Kafka.
public struct KafkaConfiguration: Equatable, Sendable {
    /// The bootstrap list: `host:port`, separated by commas.
    public let brokers: String
    /// The consumer group that shares the intake partitions.
    public let consumerGroup: String
    /// The intake topic.
    public let intakeTopic: String
    /// The topic for requests and deliveries that can never succeed. It is never the intake topic.
    public let deadLetterTopic: String
    /// Whether the pod's name is its static member name in the group.
    public let staticMembership: Bool
    /// librdkafka properties that the operator sets, by name. librdkafka itself decides whether they exist.
    public let properties: [KafkaProperty]

    /// Reads only the settings of Kafka, which client commands need.
    ///
    /// - Parameters:
    ///   - environment: The process environment.
    ///   - readFile: The text of the file at a path, or `nil` if it cannot be read.
    /// - Throws: The first of these settings that is missing or has a value that is not accepted.
    public init(
        environment: [String: String],
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        try self.init(SettingValues(environment: environment, file: nil), readFile: readFile)
    }

    init(
        _ values: SettingValues,
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        brokers = try values.required(.kafkaBrokers, Self.brokerList)
        consumerGroup = try values.required(.kafkaConsumerGroup, Self.groupName)
        let intakeTopic = try values.required(.intakeTopic) { TopicName.isLegal($0) ? $0 : nil }
        self.intakeTopic = intakeTopic
        deadLetterTopic = try values.required(.deadLetterTopic) { name in
            TopicName.isLegal(name) && name != intakeTopic ? name : nil
        }
        staticMembership = try values.required(.kafkaStaticMembership) { Bool($0) }

        var properties: [String: String] = [:]
        if let (_, path) = values.found(.kafkaPropertiesFile) {
            guard let text = readFile(path) else {
                throw .notAccepted(.kafkaPropertiesFile, name: Setting.kafkaPropertiesFile.name, value: path)
            }
            for line in try PropertyLines(text, path: path).lines {
                properties[line.name] = line.value
            }
        }
        properties.merge(values.kafkaProperties()) { $1 }
        if properties["sasl.oauthbearer.method"]?.lowercased() == "oidc" {
            for name in ["client.id", "client.secret", "token.endpoint.url"] {
                guard properties["sasl.oauthbearer.\(name)"]?.isEmpty ?? true else { continue }
                throw ConfigurationError("sasl.oauthbearer.\(name) is not set where sasl.oauthbearer.method is oidc")
            }
        }
        self.properties = properties.sorted { $0.key < $1.key }.map { KafkaProperty(name: $0.key, value: $0.value) }
    }

    /// A broker may have librdkafka's prefix `protocol://`.
    private static func brokerList(_ text: String) -> String? {
        let brokers = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed() }
        let areLegal = brokers.allSatisfy { broker in
            let schemes = ["plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://"]
            let scheme = schemes.first { broker.lowercased().hasPrefix($0) } ?? ""
            return HostAndPort.isLegal(broker.dropFirst(scheme.count))
        }
        return areLegal ? brokers.joined(separator: ",") : nil
    }

    private static func groupName(_ text: String) -> String? {
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
        }
        return isClean && (1...255).contains(text.utf8.count) ? text : nil
    }
}
