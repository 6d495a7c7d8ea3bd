internal import Bytes
public import Logging
internal import Scheduling

/// All settings of a pod, checked. A pure value: the caller reads the environment and the files.
public struct Configuration: Equatable, Sendable {
    /// The settings for Kafka.
    public let kafka: KafkaConfiguration
    /// Where pending schedules are stored.
    public let store: StoreConfiguration
    /// The settings of the HTTP API.
    public let api: APIConfiguration
    /// The topics that schedules may be delivered to, as names or as prefixes that end in `*`. If empty, all topics are
    /// allowed that are not forbidden anyway.
    public let deliveryTopics: [String]
    /// The settings of callbacks.
    public let callbacks: CallbackConfiguration
    /// How far ahead a partition's schedules are loaded into memory, 1 s to 24 h.
    public let horizon: Duration
    /// The most schedules in memory per partition, 100 to 10,000,000.
    public let maxResidentSchedules: Int
    /// How long the key of a delivered schedule is remembered, 1 min to 3650 days.
    public let keyRetention: Duration
    /// The most bytes of payload and carried headers of one request, 1 to 358,400.
    public let maxPayloadBytes: Int
    /// The settings of the log.
    public let logging: LoggingConfiguration
    /// Where metrics are sent; `nil` if they are not sent.
    public let elasticsearch: ElasticsearchConfiguration?
    /// The pod's name as the owner of partitions. It is also a legal name for a static member of the group.
    public let podName: String

    /// A file named by `--config`.
    public struct File: Sendable {
        /// Its path, for errors.
        public let path: String
        /// All of its text.
        public let text: String

        /// A file with its text.
        public init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// Reads every setting, from the environment first and the file second.
    ///
    /// - Parameters:
    ///   - environment: The process environment. Variables that are not settings are ignored.
    ///   - file: The file named by `--config`. A name in it that is not a setting is an error, so that typing errors
    ///     are found.
    ///   - hostName: The pod's name if `POD_NAME` is not set.
    ///   - readFile: The text of the file at a path, or `nil` if it cannot be read. It is called for
    ///     `KAFKA_PROPERTIES_FILE` and `CALLBACK_CA_FILE`, and if no region is set also for the files of the AWS
    ///     profile.
    /// - Throws: The first setting that is missing or has a value that is not accepted.
    public init(
        environment: [String: String],
        file: File? = nil,
        hostName: String,
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        let values = try SettingValues(environment: environment, file: file)
        kafka = try KafkaConfiguration(values, readFile: readFile)
        store = try StoreConfiguration(values, readFile: readFile)
        api = try APIConfiguration(values)
        deliveryTopics = try values.optional(.deliveryTopicAllow, Self.topicPatterns) ?? []
        callbacks = try CallbackConfiguration(values, readFile: readFile)
        horizon = try values.required(.horizon) { Self.duration($0, in: .seconds(1) ... .seconds(86_400)) }
        maxResidentSchedules = try values.required(.maxResidentSchedules) { Self.number($0, in: 100...10_000_000) }
        keyRetention = try values.required(.keyRetention) {
            Self.duration($0, in: .seconds(60) ... .seconds(3_650 * 86_400))
        }
        maxPayloadBytes = try values.required(.maxPayloadBytes) { Self.number($0, in: 1...RequestRules.payloadLimit) }
        logging = try LoggingConfiguration(values)
        elasticsearch = try ElasticsearchConfiguration(values)
        podName = try Self.podName(values, hostName: hostName)
    }

    private static func duration(_ text: String, in range: ClosedRange<Duration>) -> Duration? {
        DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func topicPatterns(_ text: String) -> [String]? {
        let patterns = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmed()) }
        let areLegal = patterns.allSatisfy { pattern in
            guard pattern.last == "*" else { return TopicName.isLegal(pattern) }
            return pattern.utf8.count <= 250 && pattern.dropLast().utf8.allSatisfy(TopicName.isLegal)
        }
        return areLegal ? patterns : nil
    }

    /// A host name may contain characters that a member name may not. They are replaced, so that the pod starts all the
    /// same. A name that is set must be legal as it is.
    private static func podName(_ values: SettingValues, hostName: String) throws(ConfigurationError) -> String {
        if let name = try values.optional(.podName, { TopicName.isLegal($0) ? $0 : nil }) { return name }
        let name = String(hostName.map { $0.utf8.allSatisfy(TopicName.isLegal) ? $0 : "-" }.prefix(249))
        guard TopicName.isLegal(name) else { throw .missing(.podName, reason: "and the host has no name") }
        return name
    }
}

/// The settings of the log.
public struct LoggingConfiguration: Equatable, Sendable {
    /// How log lines are written.
    public enum Format: String, Sendable {
        /// One line for people.
        case text
        /// One JSON object a line.
        case json
    }

    /// The least severe level that is logged.
    public let level: Logger.Level
    /// The levels of the categories that have a level of their own.
    public let levels: [LogCategory: Logger.Level]
    /// How log lines are written.
    public let format: Format

    /// Levels and format from their parts.
    public init(level: Logger.Level, levels: [LogCategory: Logger.Level] = [:], format: Format) {
        self.level = level
        self.levels = levels
        self.format = format
    }

    /// Reads only these settings, so that a command can log before it reads the others, or without them.
    ///
    /// - Throws: If one of them has a value that is not accepted.
    public init(environment: [String: String]) throws(ConfigurationError) {
        try self.init(SettingValues(environment: environment, file: nil))
    }

    init(_ values: SettingValues) throws(ConfigurationError) {
        level = try values.required(.logLevel) { Logger.Level(rawValue: $0) }
        var levels: [LogCategory: Logger.Level] = [:]
        for category in LogCategory.allCases {
            levels[category] = try values.optional(.logLevel(of: category)) { Logger.Level(rawValue: $0) }
        }
        self.levels = levels
        format = try values.required(.logFormat) { Format(rawValue: $0) }
    }
}
