import CoreMetrics
import PrometheusMetrics
import Testing

@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry([
        MetricDescription("sizes", .histogram(buckets: [1, 10]), unit: "", help: "Sizes."),
        MetricDescription("level", .gauge, unit: "", help: "Level."),
        MetricDescription("seen_total", .counter, unit: "", help: "Seen."),
    ])

    private func values(_ name: String) -> [MetricReading.Value] {
        registry.read().first { $0.description.name == name }?.series.map(\.value) ?? []
    }

    @Test func `handles of one name and one set of labels share a value`() {
        let labels = [("a", "1"), ("b", "2")]
        Counter(label: "seen_total", dimensions: labels, factory: registry).increment(by: 2)
        FloatingPointCounter(label: "seen_total", dimensions: labels, factory: registry).increment(by: 0.5)
        Counter(label: "seen_total", dimensions: [("a", "1"), ("b", "3")], factory: registry).increment()
        #expect(values("seen_total") == [.number(2.5), .number(1)])
    }

    @Test func `no count is rounded, however large`() {
        let counter = Counter(label: "seen_total", factory: registry)
        counter.increment(by: Int64(1) << 53)
        for _ in 0..<1_000 { counter.increment() }
        #expect(values("seen_total") == [.number(0x1p53 + 1_000)])
    }

    @Test func `meters go up and down`() {
        let meter = Meter(label: "level", factory: registry)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement(by: 1.25)
        #expect(values("level") == [.number(6.25)])
    }

    @Test func `values on a bound belong to its bucket`() {
        let recorder = Recorder(label: "sizes", factory: registry)
        for value in [0.5, 1, 1.5, 10, 11, -3] { recorder.record(value) }
        #expect(
            values("sizes") == [
                .histogram(
                    buckets: [
                        .init(upperBound: 1, count: 3), .init(upperBound: 10, count: 5),
                        .init(upperBound: .infinity, count: 6),
                    ],
                    sum: 21
                )
            ]
        )
    }

    @Test func `a tally shows once it is published, together with what was recorded otherwise`() {
        let recorder = Recorder(label: "sizes", factory: registry)
        recorder.record(5)
        var tally = registry.makeTally(label: "sizes")
        for value in [1.0, 7.5, 100] { tally.record(value) }
        func shown(_ counts: [UInt64], sum: Double) -> [MetricReading.Value] {
            let buckets = zip([1, 10, .infinity], counts).map { MetricReading.Bucket(upperBound: $0, count: $1) }
            return [.histogram(buckets: buckets, sum: sum)]
        }
        #expect(values("sizes") == shown([0, 1, 1], sum: 5))
        tally.publish()
        tally.publish()
        #expect(values("sizes") == shown([1, 3, 4], sum: 113.5))
        tally.record(2)
        tally.publish()
        #expect(values("sizes") == shown([1, 4, 5], sum: 115.5))
    }

    @Test func `counts from many threads are all there`() async {
        let counter = Counter(label: "seen_total", factory: registry)
        let fractions = FloatingPointCounter(label: "seen_total", factory: registry)
        let recorder = Recorder(label: "sizes", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        fractions.increment(by: 0.5)
                        recorder.record(1)
                    }
                }
            }
        }
        #expect(values("seen_total") == [.number(120_000)])
        let buckets = [1, 10, .infinity].map { MetricReading.Bucket(upperBound: $0, count: 80_000) }
        #expect(values("sizes") == [.histogram(buckets: buckets, sum: 80_000)])
    }

    @Test func `a series that is destroyed leaves the page, and may come back`() {
        let gauges = ["0", "1"].map { Gauge(label: "level", dimensions: [("partition", $0)], factory: registry) }
        gauges[0].record(1)
        gauges[1].record(2)
        gauges[0].destroy()
        #expect(values("level") == [.number(2)])
        Gauge(label: "level", dimensions: [("partition", "0")], factory: registry).record(3)
        #expect(values("level") == [.number(3), .number(2)])
    }

    @Test func `a name that is described as another kind is not taken away`() {
        Gauge(label: "seen_total", factory: registry).record(5)
        Counter(label: "level", factory: registry).increment()
        #expect(values("seen_total") == [.number(0)])
        #expect(values("level") == [.number(0)])
    }

    @Test func `labels have a bounded number of values`() {
        for number in 0..<(MetricsRegistry.maxValuesOfLabel + 50) {
            Counter(label: "seen_total", dimensions: [("name", "\(number)")], factory: registry).increment()
        }
        let series = registry.read().first { $0.description.name == "seen_total" }?.series ?? []
        #expect(series.count == MetricsRegistry.maxValuesOfLabel + 1)
        let other = series.first { $0.labels.first?.value == MetricsRegistry.otherValue }
        #expect(other?.value == .number(50))
    }

    @Test func `collectors run before each reading`() {
        let counter = Counter(label: "seen_total", factory: registry)
        registry.beforeReading { counter.increment() }
        #expect(values("seen_total") == [.number(1)])
        #expect(values("seen_total") == [.number(2)])
    }
}
