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
}

/// The limits of a request that are part of the contract; lengths in bytes of UTF-8.
enum RequestLimits {
    static let clientID = 128
    static let scheduleKey = 512
    static let orderingKey = 1024
    /// How deep objects and arrays may be nested, the request itself included.
    static let nesting = 128
}
