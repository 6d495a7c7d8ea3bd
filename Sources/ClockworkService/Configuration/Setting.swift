internal import Scheduling

/// One setting of a pod, as help texts and documents describe it.
///
/// `Setting.all` is the one list of settings. The parser takes names and defaults from it, and the help is printed from
/// it.
public struct Setting: Sendable {
    /// The environment variable.
    public let name: String
    /// Other names of the setting, tried in this order after `name`.
    public let aliases: [String]
    /// The value if nothing is set, in text form; `nil` if there is none.
    public let defaultValue: String?
    /// What the setting does, in one phrase.
    public let meaning: String
    /// Which values are accepted, in one phrase.
    public let accepted: String
    /// Whether the value is kept out of logs and errors.
    public let isSecret: Bool

    init(
        _ name: String,
        aliases: [String] = [],
        defaultValue: String? = nil,
        meaning: String,
        accepted: String,
        isSecret: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.defaultValue = defaultValue
        self.meaning = meaning
        self.accepted = accepted
        self.isSecret = isSecret
    }
}

extension Setting {
    static let kafkaBrokers = Setting(
        "KAFKA_BROKERS",
        meaning: "brokers to start from",
        accepted: "host:port, several separated by commas"
    )
    static let kafkaConsumerGroup = Setting(
        "KAFKA_CONSUMER_GROUP",
        defaultValue: "scheduler",
        meaning: "consumer group that shares the intake partitions",
        accepted: "1 to 255 bytes without spaces or control characters"
    )
    static let intakeTopic = Setting(
        "SCHEDULE_CREATE_KAFKA_TOPIC",
        defaultValue: "schedule-create",
        meaning: "intake topic",
        accepted: "a topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'"
    )
    static let deadLetterTopic = Setting(
        "DEAD_LETTER_KAFKA_TOPIC",
        defaultValue: "schedule-dead-letters",
        meaning: "topic of requests and deliveries that can never succeed",
        accepted: "a topic name other than the intake topic's"
    )
    static let kafkaPropertiesFile = Setting(
        "KAFKA_PROPERTIES_FILE",
        meaning: "file of librdkafka properties, one name=value a line",
        accepted: "the path of a readable file of name=value lines"
    )
    static let kafkaProperty = Setting(
        "KAFKA_PROPERTY_<NAME>",
        meaning: "one librdkafka property (KAFKA_PROPERTY_SASL_MECHANISMS is sasl.mechanisms); wins over the file",
        accepted: "a librdkafka property's name in capitals, '_' for '.', with a value it takes"
    )
    static let kafkaStaticMembership = Setting(
        "KAFKA_STATIC_MEMBERSHIP",
        defaultValue: "false",
        meaning: "whether POD_NAME is the pod's fixed name in the consumer group",
        accepted: "true or false"
    )
    static let scheduleStore = Setting(
        "SCHEDULE_STORE",
        defaultValue: "dynamodb",
        meaning: "where pending schedules are kept",
        accepted: "dynamodb or sqlite"
    )
    static let sqlitePath = Setting(
        "SQLITE_PATH",
        defaultValue: "clockwork.db",
        meaning: "database file of the sqlite store",
        accepted: "a file path"
    )
    static let scheduleTable = Setting(
        "SCHEDULE_DB",
        defaultValue: "schedules",
        meaning: "table of pending schedules and key records",
        accepted: "a table name: 3 to 255 of a-z, A-Z, 0-9, '.', '_', '-'"
    )
    static let progressTable = Setting(
        "PARTITION_EXEC_DB",
        defaultValue: "partitionExecutions",
        meaning: "table of the partitions' progress",
        accepted: "a table name other than SCHEDULE_DB's"
    )
    static let appHost = Setting(
        "APP_HOST",
        defaultValue: "0.0.0.0",
        meaning: "address the HTTP API listens on",
        accepted: "a host name or an address without a port"
    )
    static let appPort = Setting(
        "APP_PORT",
        defaultValue: "5000",
        meaning: "port the HTTP API listens on; 0 lets the system choose one",
        accepted: "a whole number from 0 to 65535"
    )
    static let apiTokens = Setting(
        "API_TOKENS",
        meaning: "bearer tokens of the HTTP API; open when not set",
        accepted: "tokens of 1 to 1024 visible ASCII characters, separated by commas",
        isSecret: true
    )
    static let shutdownDelay = Setting(
        "SHUTDOWN_DELAY",
        defaultValue: "3s",
        meaning: "how long the HTTP API still serves after a signal to end, as not ready, so that balancers notice",
        accepted: "a duration from 0s to 60s, such as 5s"
    )
    static let deliveryTopicAllow = Setting(
        "DELIVERY_TOPIC_ALLOW",
        meaning: "topics that schedules may be delivered to; every one when not set",
        accepted: "topic names or prefixes such as orders-*, separated by commas"
    )
    static let callbackSigningSecret = Setting(
        "CALLBACK_SIGNING_SECRET",
        meaning: "secrets that sign callbacks by Standard Webhooks, one signature each; unsigned when not set",
        accepted: "secrets separated by spaces or commas: whsec_ and base64, or any other text for its bytes",
        isSecret: true
    )
    static let callbackAllowPrivate = Setting(
        "CALLBACK_ALLOW_PRIVATE",
        defaultValue: "false",
        meaning: "whether callbacks may go to addresses that are not public, and without TLS",
        accepted: "true or false"
    )
    static let callbackHostAllow = Setting(
        "CALLBACK_HOST_ALLOW",
        meaning: "hosts that callbacks may go to; every public one when not set",
        accepted: "host, host:port or host:*, separated by commas; a leading *. stands for every host below a domain"
    )
    static let callbackCAFile = Setting(
        "CALLBACK_CA_FILE",
        meaning: "certificate authorities that callbacks trust, in place of the system's",
        accepted: "the path of a readable PEM file"
    )
    static let horizon = Setting(
        "HORIZON",
        defaultValue: "10m",
        meaning: "how far ahead schedules are loaded into memory",
        accepted: "a duration from 1s to 24h, such as 10m"
    )
    static let maxResidentSchedules = Setting(
        "MAX_RESIDENT_SCHEDULES",
        defaultValue: "100000",
        meaning: "most schedules in memory, per partition",
        accepted: "a whole number from 100 to 10000000"
    )
    static let keyRetention = Setting(
        "KEY_RETENTION",
        defaultValue: "7d",
        meaning: "how long a delivered schedule's key is remembered to drop repeats",
        accepted: "a duration from 1m to 3650d, such as 7d"
    )
    static let maxPayloadBytes = Setting(
        "MAX_PAYLOAD_BYTES",
        defaultValue: "\(RequestRules.payloadLimit)",
        meaning: "most bytes of payload and carried headers of one request",
        accepted: "a whole number from 1 to \(RequestRules.payloadLimit)"
    )
    static let logLevel = Setting(
        "LOG_LEVEL",
        defaultValue: "info",
        meaning: "least severe level that is logged",
        accepted: "trace, debug, info, notice, warning, error or critical"
    )
    static func logLevel(of category: LogCategory) -> Setting {
        Setting(
            "LOG_LEVEL_\(category.rawValue.uppercased())",
            meaning: "least severe level of \(category.meaning); LOG_LEVEL when not set",
            accepted: logLevel.accepted
        )
    }
    static let logFormat = Setting(
        "LOG_FORMAT",
        defaultValue: "text",
        meaning: "how log lines are written",
        accepted: "text or json"
    )
    static let metricsURL = Setting(
        "ES_METRIC_URL",
        meaning: "Elasticsearch that metrics are sent to; nowhere when not set",
        accepted: "http:// or https://, optionally user:password@, host and port",
        isSecret: true
    )
    static let metricsIndex = Setting(
        "ES_METRIC_INDEX",
        defaultValue: "clockwork-metrics",
        meaning: "Elasticsearch index that metrics are written to",
        accepted: "1 to 255 of a-z, 0-9, '.', '_', '-', the first a letter or digit"
    )
    static let metricsStep = Setting(
        "ES_METRIC_STEP",
        defaultValue: "1m",
        meaning: "time between two sends of metrics to Elasticsearch",
        accepted: "a duration from 1s to 1h, such as 30s"
    )
    static let podName = Setting(
        "POD_NAME",
        meaning: "name of this pod as owner of partitions; the host name when not set",
        accepted: "1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'"
    )

    /// Every setting, in the order in which documents list them.
    public static let all: [Setting] =
        [
            kafkaBrokers, kafkaConsumerGroup, intakeTopic, deadLetterTopic, kafkaPropertiesFile, kafkaProperty,
            kafkaStaticMembership, podName, scheduleStore, sqlitePath, awsRegion, awsAccessKeyID, awsSecretAccessKey,
            awsSessionToken, awsProfile, awsCredentialsFile, awsConfigFile, awsWebIdentityTokenFile, awsRoleARN,
            awsRoleSessionName, awsTokenServiceEndpoint, awsContainerRelativeURI, awsContainerFullURI,
            awsContainerToken, awsContainerTokenFile, awsInstanceMetadataDisabled, awsInstanceMetadataEndpoint,
            awsEndpoint, scheduleTable, progressTable, appHost, appPort, apiTokens, shutdownDelay,
            deliveryTopicAllow, callbackSigningSecret, callbackAllowPrivate, callbackHostAllow, callbackCAFile, horizon,
            maxResidentSchedules, keyRetention, maxPayloadBytes, logLevel, logFormat, metricsURL, metricsIndex,
            metricsStep,
        ] + LogCategory.allCases.map(logLevel(of:))

    /// All settings as text for a terminal: the name, the default, the meaning and the accepted values of each.
    public static var help: String {
        all.map { setting in
            let names = ([setting.name] + setting.aliases).joined(separator: ", ")
            let defaultNote = setting.defaultValue.map { " (default: \($0))" } ?? ""
            return "  \(names)\(defaultNote)\n      \(setting.meaning)\n      accepted: \(setting.accepted)"
        }.joined(separator: "\n")
    }
}
