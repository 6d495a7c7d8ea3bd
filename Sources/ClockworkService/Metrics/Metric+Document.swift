internal import PrometheusMetrics

extension Metric {
    /// The text of `docs/metrics.md`, which a test holds to it.
    static var document: String {
        """
        # Metrics

        `GET /metrics` on `APP_PORT` answers in Prometheus's text format, without a token and whatever part of Clockwork
        the process runs. Histograms count in seconds. Labels are bounded: no key and no text of a client's becomes one.

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
