public import ClockworkService
public import Kafka
public import Scheduling

/// The settings of the HTTP API.
public struct HTTPAPISettings: Sendable {
    /// The calls that the server offers.
    public enum Offer: Sendable {
        /// All calls.
        case all
        /// Only the state of the process: `/health/live`, `/health/ready` and `/metrics`.
        case stateOnly
    }

    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 lets the system choose one.
    public var port: Int
    /// The accepted bearer tokens; empty for an open API.
    public var tokens: [Secret]
    /// The calls that the server offers.
    public var offer: Offer
    /// librdkafka properties of the producer, and of the client that asks how far the owners have come.
    public var properties: KafkaProperties
    /// The consumer group of the owners of the intake's partitions.
    public var group: String
    /// The topic that requests are written to.
    public var intakeTopic: String
    /// The rules that requests are checked by.
    public var rules: RequestRules
    /// The limits of the server.
    public var limits = HTTPAPILimits()

    /// Settings from their parts, with the default limits.
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

/// The limits of what clients may take of the server.
public struct HTTPAPILimits: Sendable {
    /// The most bytes of a request's body, and of one line of a stream.
    public var bodyBytes = 1 << 20
    /// The most bytes of all bodies that are held at one time.
    public var heldBytes = 64 << 20
    /// The most requests at one time; those to `/health/` and `/metrics` are not counted.
    public var concurrentRequests = 1_024
    /// The most connections at one time; further ones wait in the listening socket's queue.
    public var connections = 10_000
    /// How long a client may take to send the head of a request, from the first moment of a new connection.
    public var headTimeout = Duration.seconds(10)
    /// How long a client may take to send a body that is not a stream.
    public var bodyTimeout = Duration.seconds(30)
    /// How long a connection may be silent between requests or within a stream, and how long a client may fail to read.
    public var idleTimeout = Duration.seconds(60)
    /// How long the API goes on serving, but is not ready, after the end of the process was announced.
    public var shutdownDelay = Duration.zero
    /// How long the brokers may take to acknowledge a record.
    public var acknowledgementTimeout = Duration.milliseconds(4_500)

    /// The default limits.
    public init() {}
}
