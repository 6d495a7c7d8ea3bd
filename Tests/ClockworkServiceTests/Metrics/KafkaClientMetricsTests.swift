import Kafka
import PrometheusMetrics
import Testing

@testable import ClockworkService

@Suite struct KafkaClientMetricsTests {
    private let registry = MetricsRegistry(Metric.all)

    private func value(_ name: String) -> MetricReading.Value? {
        registry.read().first { $0.description.name == name }?.series.first?.value
    }

    @Test func `numbers that grow go on growing when a client is recreated`() {
        var metrics = KafkaClientMetrics(.producer, registry)
        var statistics = KafkaStatistics()
        for bytes in [100, 250, 250, 30, 40] as [Int64] {
            statistics.sentBytes = bytes
            statistics.queuedRecords = bytes
            metrics.publish(statistics)
        }
        #expect(value("clockwork_kafka_sent_bytes_total") == .number(290))
        #expect(value("clockwork_kafka_queued_records") == .number(40))
    }

    @Test func `round trips are shown in seconds`() {
        var metrics = KafkaClientMetrics(.consumer, registry)
        var statistics = KafkaStatistics()
        statistics.roundTripMicroseconds = 2_500
        metrics.publish(statistics)
        #expect(value("clockwork_kafka_round_trip_seconds") == .number(0.0025))
    }
}
