internal import PrometheusMetrics
internal import Scheduling

/// Metrics as the body of a bulk request: an action and a document for each series.
enum ElasticsearchDocuments {
    static func body(_ readings: [MetricReading], at time: EpochMilliseconds, pod: String) -> String {
        let head = "{\"@timestamp\":\"\(RFC3339.format(time))\",\"pod\":\(JSONText.quoted(pod)),\"name\":"
        var body = ""
        for reading in readings {
            let name = JSONText.quoted(reading.description.name)
            let type = JSONText.quoted(PrometheusText.typeName(reading.description.kind))
            for series in reading.series {
                guard let value = members(of: series.value) else { continue }
                let labels = series.labels.map { JSONText.quoted($0.name) + ":" + JSONText.quoted($0.value) }
                body += "{\"create\":{}}\n"
                body += "\(head)\(name),\"type\":\(type),\"labels\":{\(labels.joined(separator: ","))},\(value)}\n"
            }
        }
        return body
    }

    /// `nil` for what JSON has no number for.
    private static func members(of value: MetricReading.Value) -> String? {
        switch value {
        case .number(let number):
            return number.isFinite ? "\"value\":\(number)" : nil
        case .histogram(let buckets, let sum):
            let count = buckets.last?.count ?? 0
            guard sum.isFinite else { return nil }
            return "\"count\":\(count),\"sum\":\(sum),\"mean\":\(count == 0 ? 0 : sum / Double(count))"
        }
    }
}
