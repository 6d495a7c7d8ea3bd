public import CoreMetrics
public import Kafka
internal import PrometheusMetrics

/// Publishes the statistics that librdkafka reports for one client. For one thread at a time.
public struct KafkaClientMetrics {
    /// The clients of a process.
    public enum Client: String, Sendable {
        /// Reads the intake.
        case consumer
        /// Produces deliveries and dead letters.
        case producer
        /// Produces the requests of the HTTP API.
        case api
    }

    private let queuedRecords: Gauge
    private let connectedBrokers: Gauge
    private let roundTrip: Gauge
    private let sentBytes: Counter
    private let receivedBytes: Counter
    private let failedRequests: Counter
    /// The statistics that have been counted so far.
    private var counted = KafkaStatistics()

    /// Metrics of a client.
    public init(_ client: Client, _ factory: any MetricsFactory) {
        queuedRecords = Metric.kafkaQueuedRecords.gauge(factory, client.rawValue)
        connectedBrokers = Metric.kafkaConnectedBrokers.gauge(factory, client.rawValue)
        roundTrip = Metric.kafkaRoundTrip.gauge(factory, client.rawValue)
        sentBytes = Metric.kafkaSentBytes.counter(factory, client.rawValue)
        receivedBytes = Metric.kafkaReceivedBytes.counter(factory, client.rawValue)
        failedRequests = Metric.kafkaFailedRequests.counter(factory, client.rawValue)
    }

    /// Takes the latest statistics. A number that has become smaller comes from a recreated client.
    public mutating func publish(_ statistics: KafkaStatistics) {
        queuedRecords.record(statistics.queuedRecords)
        connectedBrokers.record(statistics.connectedBrokers)
        roundTrip.record(Double(statistics.roundTripMicroseconds) / 1e6)
        Self.add(statistics.sentBytes, counted.sentBytes, to: sentBytes)
        Self.add(statistics.receivedBytes, counted.receivedBytes, to: receivedBytes)
        Self.add(statistics.failedRequests, counted.failedRequests, to: failedRequests)
        counted = statistics
    }

    private static func add(_ new: Int64, _ old: Int64, to counter: Counter) {
        let amount = new >= old ? new - old : new
        if amount > 0 { counter.increment(by: amount) }
    }
}
