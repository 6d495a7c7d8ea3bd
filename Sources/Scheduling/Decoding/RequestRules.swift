/// The limits of a request that are a matter of configuration.
public struct RequestRules: Sendable, Equatable {
    /// How many bytes payload and carried headers (names and values) may have together.
    public var maxPayloadBytes: Int
    /// Into which topics deliveries may go.
    public var topicPolicy: TopicPolicy
    /// To which URLs callbacks may go.
    public var callbackPolicy: CallbackPolicy

    /// Rules from their parts.
    public init(
        maxPayloadBytes: Int,
        topicPolicy: TopicPolicy,
        callbackPolicy: CallbackPolicy = CallbackPolicy()
    ) {
        self.maxPayloadBytes = maxPayloadBytes
        self.topicPolicy = topicPolicy
        self.callbackPolicy = callbackPolicy
    }

    /// The most that `maxPayloadBytes` may be: what fits an item of DynamoDB.
    public static let payloadLimit = 358_400

    /// What every service demands, however it is configured.
    ///
    /// The names of its own topics, topics and hosts that it allows, and a smaller limit of the payload are for each service
    /// to judge.
    public static let ofEveryService = RequestRules(
        maxPayloadBytes: payloadLimit,
        // No topic has an empty name, so none is taken for one of the service's own.
        topicPolicy: TopicPolicy(intakeTopic: "", deadLetterTopic: ""),
        callbackPolicy: CallbackPolicy(allowsPrivate: true)
    )
}

/// The limits of a request that are part of the contract; lengths in bytes of UTF-8.
enum RequestLimits {
    static let clientID = 128
    static let scheduleKey = 512
    static let orderingKey = 1024
}
