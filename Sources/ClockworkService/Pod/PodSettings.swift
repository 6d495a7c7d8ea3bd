public import Kafka
public import Scheduling

/// The settings of a pod.
public struct PodSettings: Sendable {
    /// librdkafka properties of consumer and producer.
    public var properties: KafkaProperties
    /// The consumer group.
    public var group: String
    /// The topic requests come from.
    public var intakeTopic: String
    /// The topic for requests and deliveries that can never succeed.
    public var deadLetterTopic: String
    /// The pod's name, for progress records.
    public var name: String
    /// The rules that requests are checked against.
    public var rules: RequestRules
    /// The bounds of each partition.
    public var limits: SchedulerLimits
    /// How callbacks are made.
    public var callbacks: CallbackSettings

    /// Settings from their parts.
    public init(
        properties: KafkaProperties,
        group: String,
        intakeTopic: String,
        deadLetterTopic: String,
        name: String,
        rules: RequestRules,
        limits: SchedulerLimits,
        callbacks: CallbackSettings = CallbackSettings()
    ) {
        self.properties = properties
        self.group = group
        self.intakeTopic = intakeTopic
        self.deadLetterTopic = deadLetterTopic
        self.name = name
        self.rules = rules
        self.limits = limits
        self.callbacks = callbacks
    }
}
