internal import Bytes
internal import PrometheusMetrics
internal import Scheduling

/// Metrics as the body of a bulk request: an action and a document for each series.
enum ElasticsearchDocuments {
    static func body(_ readings: [MetricReading], at time: EpochMilliseconds, pod: String) -> String {
        let timestamp = time.rfc3339
        var body = ""
        for reading in readings {
            for series in reading.series where series.value.isFinite {
                body += "{\"create\":{}}\n"
                body += JSONWriter.objectText { json in
                    json.member("@timestamp", timestamp)
                    json.member("pod", pod)
                    json.member("name", reading.description.name)
                    json.member("type", PrometheusText.typeName(reading.description.kind))
                    json.member("labels") { json in
                        for label in series.labels { json.member(label.name, label.value) }
                    }
                    write(series.value, to: &json)
                }
                body += "\n"
            }
        }
        return body
    }

    private static func write(_ value: MetricReading.Value, to json: inout JSONWriter) {
        func member(_ name: String, _ number: Double) {
            json.name(name)
            json.json("\(number)")
        }
        switch value {
        case .number(let number):
            member("value", number)
        case .histogram(let buckets, let sum):
            let count = buckets.last?.count ?? 0
            json.member("count", count)
            member("sum", sum)
            member("mean", count == 0 ? 0 : sum / Double(count))
        }
    }
}

extension MetricReading.Value {
    /// Whether JSON can express the number.
    fileprivate var isFinite: Bool {
        switch self {
        case .number(let number): number.isFinite
        case .histogram(_, let sum): sum.isFinite
        }
    }
}
