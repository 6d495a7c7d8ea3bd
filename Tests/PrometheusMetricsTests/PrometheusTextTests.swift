import CoreMetrics
import PrometheusMetrics
import Testing

@Suite struct PrometheusTextTests {
    private static let descriptions = [
        MetricDescription(
            "requests_total",
            .counter,
            unit: "requests",
            help: "Requests, \"all\" of them\nin C:\\here."
        ),
        MetricDescription("queue_length", .gauge, unit: "records", help: "Length."),
        MetricDescription("wait_seconds", .histogram(buckets: [0.25, 1, 60]), unit: "seconds", help: "Wait."),
        MetricDescription("never_seen_total", .counter, unit: "", help: "Nothing counts it."),
    ]

    private let registry = MetricsRegistry(Self.descriptions)

    private var page: String { PrometheusText.page(registry.read()) }

    @Test func `a page is written as the format says`() {
        Counter(label: "requests_total", dimensions: [("kind", "a\"b\\c\nd")], factory: registry).increment(by: 3)
        Gauge(label: "queue_length", factory: registry).record(2.5)
        let timer = Timer(label: "wait_seconds", factory: registry)
        for milliseconds in [250, 251, 1_000, 61_000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            page == #"""
                # HELP queue_length Length.
                # TYPE queue_length gauge
                queue_length 2.5
                # HELP requests_total Requests, "all" of them\nin C:\\here.
                # TYPE requests_total counter
                requests_total{kind="a\"b\\c\nd"} 3
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.25"} 1
                wait_seconds_bucket{le="1"} 3
                wait_seconds_bucket{le="60"} 3
                wait_seconds_bucket{le="+Inf"} 4
                wait_seconds_sum 62.501
                wait_seconds_count 4

                """#
        )
    }

    @Test func `another parser reads what was recorded`() throws {
        let odd = "quote \" slash \\ line \n brace } comma , ünï 😀"
        Counter(label: "requests_total", dimensions: [("kind", odd), ("other", "")], factory: registry).increment(by: 7)
        for (number, name) in [(Double.infinity, "up"), (-.infinity, "down"), (1e300, "large"), (-0.1, "small")] {
            Gauge(label: "queue_length", dimensions: [("is", name)], factory: registry).record(number)
        }
        Recorder(label: "wait_seconds", dimensions: [("of", "x")], factory: registry).record(0.5)
        Counter(label: "some.library/calls", factory: registry).increment()
        let families = try PageParser.families(of: page)

        func family(_ name: String) throws -> PageParser.Family {
            try #require(families.first { $0.name == name })
        }
        #expect(families.count == 4)
        let requests = try family("requests")
        #expect(requests.type == "counter")
        #expect(requests.help == "Requests, \"all\" of them\nin C:\\here.")
        let all = [PageParser.Sample(name: "requests_total", labels: ["kind": odd, "other": ""], value: "7.0")]
        #expect(requests.samples == all)
        let values = try family("queue_length").samples.map { [$0.labels["is"], $0.value] }
        #expect(values == [["down", "-inf"], ["large", "1e+300"], ["small", "-0.1"], ["up", "inf"]])
        let wait = try family("wait_seconds")
        #expect(wait.type == "histogram")
        let buckets = wait.samples.filter { $0.name == "wait_seconds_bucket" }
        #expect(buckets.map { $0.labels["le"] } == ["0.25", "1", "60", "+Inf"])
        #expect(buckets.map(\.value) == ["0.0", "1.0", "1.0", "1.0"])
        #expect(buckets.allSatisfy { $0.labels["of"] == "x" })
        #expect(try family("some_library_calls").samples.map(\.name) == ["some_library_calls_total"])
    }

    @Test func `a registry without series has an empty page`() throws {
        #expect(page == "")
        #expect(try PageParser.families(of: page) == [])
    }
}
