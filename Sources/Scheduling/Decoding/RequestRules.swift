/// The limits of a request that the configuration sets.
public struct RequestRules: Sendable, Equatable {
    /// The most bytes that payload and carried headers may have together.
    public var maxPayloadBytes: Int
    /// The topics that deliveries may go into.
    public var topicPolicy: TopicPolicy
    /// The URLs that callbacks may go to.
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

    /// The upper bound of `maxPayloadBytes`: what fits a DynamoDB item.
    public static let payloadLimit = 358_400

    /// The rules that every service applies, whatever its configuration.
    ///
    /// Each service may apply further rules: the names of its own topics, the topics and hosts that it allows, and a
    /// smaller limit of the payload.
    public static let ofEveryService = RequestRules(
        maxPayloadBytes: payloadLimit,
        // No topic has an empty name, so no topic counts as one of the service's own.
        topicPolicy: TopicPolicy(intakeTopic: "", deadLetterTopic: ""),
        callbackPolicy: CallbackPolicy(allowsPrivate: true)
    )
}

/// The limits of a request that the contract sets; lengths are in bytes of UTF-8.
enum RequestLimits {
    static let clientID = 128
    static let scheduleKey = 512
    static let orderingKey = 1024
}
