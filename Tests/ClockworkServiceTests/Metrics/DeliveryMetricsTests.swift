import PrometheusMetrics
import Testing

@testable import ClockworkService

@Suite struct DeliveryMetricsTests {
    private let registry = MetricsRegistry(Metric.all)

    private func count(_ topic: String, _ result: String) -> Double? {
        let reading = registry.read().first { $0.description.name == "clockwork_deliveries_total" }
        let series = reading?.series.first { series in
            series.labels.contains { $0 == ("topic", topic) } && series.labels.contains { $0 == ("result", result) }
        }
        guard case .number(let number) = series?.value else { return nil }
        return number
    }

    @Test func `what was counted shows once it is published`() {
        var metrics = DeliveryMetrics(registry)
        for topic in ["a", "a", "b", "a"] { metrics.delivered(to: topic, lateness: 3) }
        metrics.failed(to: "b")
        #expect(count("a", "delivered") == 0)
        metrics.publish()
        metrics.publish()
        #expect(count("a", "delivered") == 3)
        #expect(count("b", "delivered") == 1)
        #expect(count("b", "failed") == 1)
        metrics.delivered(to: "b", lateness: nil)
        metrics.publish()
        #expect(count("b", "delivered") == 2)
    }

    @Test func `lateness counts where the schedule time says something of it`() throws {
        var metrics = DeliveryMetrics(registry)
        for milliseconds in [0, 1, 2, 3_600_000, 3_600_001, -5, .max] as [Int64] {
            metrics.delivered(to: "a", lateness: milliseconds)
        }
        metrics.delivered(to: "a", lateness: nil)
        metrics.publish()
        let reading = try #require(
            registry.read().first { $0.description.name == "clockwork_delivery_lateness_seconds" }
        )
        guard case .histogram(let buckets, _) = reading.series[0].value else {
            Issue.record("no histogram")
            return
        }
        #expect(buckets.first == .init(upperBound: 0.001, count: 3))
        #expect(buckets[1] == .init(upperBound: 0.002, count: 4))
        #expect(buckets.suffix(2) == [.init(upperBound: 3_600, count: 5), .init(upperBound: .infinity, count: 7)])
    }

    @Test func `topics past the bound share a series, and those that do not exist have none`() {
        var metrics = DeliveryMetrics(registry)
        for number in 0..<500 { metrics.failed(to: "missing-\(number)") }
        for number in 0..<(DeliveryMetrics.maxTopics + 20) {
            for _ in 0..<2 { metrics.delivered(to: "t\(number)", lateness: nil) }
        }
        metrics.publish()
        let series = registry.read().first { $0.description.name == "clockwork_deliveries_total" }?.series ?? []
        #expect(series.count == 2 * (DeliveryMetrics.maxTopics + 1))
        #expect(count("t0", "delivered") == 2)
        #expect(count("(other)", "delivered") == 40)
        #expect(count("(other)", "failed") == 500)
    }
}
