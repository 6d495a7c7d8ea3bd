public import ClockworkService
public import Kafka
public import Scheduling

/// What the HTTP API is told.
public struct HTTPAPISettings: Sendable {
    /// What the server offers.
    public enum Offer: Sendable {
        /// Everything.
        case all
        /// How the process does alone: `/health/live`, `/health/ready` and `/metrics`.
        case stateOnly
    }

    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 lets the system choose one.
    public var port: Int
    /// The bearer tokens that are accepted; none for an open API.
    public var tokens: [Secret]
    /// What the server offers.
    public var offer: Offer
    /// librdkafka properties of the producer, and of the client that asks how far the owners have come.
    public var properties: KafkaProperties
    /// The consumer group of the owners of the intake's partitions.
    public var group: String
    /// The topic requests go to.
    public var intakeTopic: String
    /// What requests are checked against.
    public var rules: RequestRules
    /// The bounds of the server.
    public var limits = HTTPAPILimits()

    /// Settings from their parts, with the default bounds.
    public init(
        host: String,
        port: Int,
        tokens: [Secret],
        offer: Offer,
        properties: KafkaProperties,
        group: String,
        intakeTopic: String,
        rules: RequestRules
    ) {
        self.host = host
        self.port = port
        self.tokens = tokens
        self.offer = offer
        self.properties = properties
        self.group = group
        self.intakeTopic = intakeTopic
        self.rules = rules
    }
}

/// The bounds of the server: what a client may take of it.
public struct HTTPAPILimits: Sendable {
    /// The most bytes of a request's body, and of one line of a stream.
    public var bodyBytes = 1 << 20
    /// The most bytes of all bodies that are held at one time.
    public var heldBytes = 64 << 20
    /// The most requests at one time, those of `/health/` and `/metrics` not counted.
    public var concurrentRequests = 1_024
    /// The most connections at one time; further ones wait in the listening socket's queue.
    public var connections = 10_000
    /// How long a client may take to send a request's head, counted from its first moment on an idle connection.
    public var headTimeout = Duration.seconds(10)
    /// How long a client may take to send a body that is not a stream.
    public var bodyTimeout = Duration.seconds(30)
    /// How long a connection may be silent between requests or within a stream, and how long a client may not read.
    public var idleTimeout = Duration.seconds(60)
    /// How long it goes on serving, not ready, after it was told that the process is ending.
    public var shutdownDelay = Duration.zero
    /// How long the brokers may take to acknowledge a record.
    public var acknowledgementTimeout = Duration.milliseconds(4_500)

    /// The default bounds.
    public init() {}
}
