import PrometheusMetrics

@testable import ClockworkService

extension Metric {
    /// The text of `docs/metrics.md`, which a test holds to it.
    static var document: String {
        """
        # Metrics

        Every role serves `GET /metrics` on `APP_PORT`, in Prometheus's text format and without a token. Histograms are in
        seconds. Labels are bounded: a key is never a label. Of the names that clients choose, only topics and callback
        hosts are, at most 100 of each.

        | metric | kind | unit | meaning |
        | --- | --- | --- | --- |
        \(all.map(row).joined(separator: "\n"))

        `clockwork_resident_schedules` counts the schedules in memory. Pending schedules beyond the horizon are in the store
        alone.

        ## Labels

        | metric | label | values |
        | --- | --- | --- |
        \(all.flatMap(labelRows).joined(separator: "\n"))

        ## Buckets

        | metric | upper bounds in seconds |
        | --- | --- |
        \(all.compactMap(bucketRow).joined(separator: "\n"))

        ## Elasticsearch

        With `ES_METRIC_URL` set, every process also sends its metrics to `ES_METRIC_URL/ES_METRIC_INDEX/_bulk` each
        `ES_METRIC_STEP`, one document for each series: `@timestamp`, `pod`, `name`, `type`, `labels`, and `value`, or
        `count`, `sum` and `mean` of a histogram. Counters are sent as totals, so a failed send loses only its own
        point in time.

        ## Traces

        Clockwork carries the request headers that it does not know to the delivered record, unchanged. `traceparent` and
        `tracestate` are among them, so a trace continues across the time between. An HTTP call's two go into each of its
        intake records, and are carried from there.

        With a tracer of swift-distributed-tracing, the process has a span `clockwork intake` for each batch of requests,
        `clockwork delivery` for each batch of deliveries handed to the producer, and `clockwork store <operation>` for
        each call to the store. The first two link to the traces of up to \(BatchTracer.maxLinks) of their records. A span for each
        record would cost more than its work does.

        """
    }

    private static func row(_ metric: MetricDescription) -> String {
        "| `\(metric.name)` | \(PrometheusText.typeName(metric.kind)) | \(metric.unit) | \(metric.help) |"
    }

    private static func labelRows(_ metric: MetricDescription) -> [String] {
        metric.labels.map { "| `\(metric.name)` | `\($0.name)` | \($0.values) |" }
    }

    private static func bucketRow(_ metric: MetricDescription) -> String? {
        guard case .histogram(let buckets) = metric.kind else { return nil }
        let bounds = buckets.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }
        return "| `\(metric.name)` | \(bounds.joined(separator: ", ")) |"
    }
}
