internal import PrometheusMetrics

/// The metrics that Kafka clients report about themselves.
extension Metric {
    private static let client = MetricDescription.Label("client", "consumer, producer, api")

    static let kafkaQueuedRecords = MetricDescription(
        "clockwork_kafka_queued_records",
        .gauge,
        unit: "records",
        labels: [client],
        help: "Records that wait in a producer's queue or for their acknowledgement, as of the latest statistics."
    )
    static let kafkaConnectedBrokers = MetricDescription(
        "clockwork_kafka_connected_brokers",
        .gauge,
        unit: "brokers",
        labels: [client],
        help: "Brokers with a connection that is up, as of the latest statistics."
    )
    static let kafkaRoundTrip = MetricDescription(
        "clockwork_kafka_round_trip_seconds",
        .gauge,
        unit: "seconds",
        labels: [client],
        help: "The slowest broker's average round trip in the latest interval of statistics."
    )
    static let kafkaSentBytes = MetricDescription(
        "clockwork_kafka_sent_bytes_total",
        .counter,
        unit: "bytes",
        labels: [client],
        help: "Bytes sent to brokers."
    )
    static let kafkaReceivedBytes = MetricDescription(
        "clockwork_kafka_received_bytes_total",
        .counter,
        unit: "bytes",
        labels: [client],
        help: "Bytes received from brokers."
    )
    static let kafkaFailedRequests = MetricDescription(
        "clockwork_kafka_failed_requests_total",
        .counter,
        unit: "requests",
        labels: [client],
        help: "Requests to brokers that failed or timed out."
    )
}
