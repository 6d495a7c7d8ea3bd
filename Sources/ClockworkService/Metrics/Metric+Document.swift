internal import PrometheusMetrics

extension Metric {
    /// The text of `docs/metrics.md`, which a test holds to it.
    static var document: String {
        """
        # Metrics

        `GET /metrics` on `APP_PORT` answers in Prometheus's text format, without a token and whatever part of Clockwork
        the process runs. Histograms count in seconds. Labels are bounded: no key becomes one, and of
        what clients choose only names of topics and of callback hosts, at most 100 of each.

        | metric | kind | unit | meaning |
        | --- | --- | --- | --- |
        \(all.map(row).joined(separator: "\n"))

        What is pending beyond the horizon is known to the store alone: `clockwork_resident_schedules` counts what is in
        memory.

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
        `count`, `sum` and `mean` of a histogram. Counters are sent as they stand, so a sending that fails loses nothing
        but its own point in time.

        ## Traces

        Headers of a request that Clockwork does not know, `traceparent` and `tracestate` among them, are carried to the
        delivered record unchanged, so a trace goes on across the time between. Those two of an HTTP call go into each of its
        intake records, and are carried from there. Where the process has a tracer of swift-distributed-tracing, there is a
        span `clockwork intake` for each batch of requests, `clockwork delivery` for each batch of deliveries handed to the
        producer, both with links to the traces of up to \(BatchTracer.maxLinks) of their records, and `clockwork store <operation>` for
        each call to the store. A span for each record would cost more than its work does.

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
