/// Prometheus's text format, version 0.0.4.
///
/// [Exposition formats](https://prometheus.io/docs/instrumenting/exposition_formats/)
public enum PrometheusText {
    /// The media type of the text.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page with these metrics.
    public static func page(_ readings: [MetricReading]) -> String {
        var page = ""
        for reading in readings { append(reading, to: &page) }
        return page
    }

    private static func append(_ reading: MetricReading, to page: inout String) {
        let name = reading.description.name
        page += "# HELP \(name) \(escaped(reading.description.help, quotes: false))\n"
        page += "# TYPE \(name) \(typeName(reading.description.kind))\n"
        for series in reading.series {
            switch series.value {
            case .number(let number):
                page += "\(name)\(labels(series.labels)) \(text(number))\n"
            case .histogram(let buckets, let sum):
                for bucket in buckets {
                    let all = labels(series.labels + [(name: "le", value: text(bucket.upperBound))])
                    page += "\(name)_bucket\(all) \(bucket.count)\n"
                }
                page += "\(name)_sum\(labels(series.labels)) \(text(sum))\n"
                page += "\(name)_count\(labels(series.labels)) \(buckets.last?.count ?? 0)\n"
            }
        }
    }

    /// The name of a kind.
    public static func typeName(_ kind: MetricDescription.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    /// `{name="value",…}`, or nothing without labels.
    static func labels(_ labels: [(name: String, value: String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        // Whole numbers are shown as such as far as a `Double` tells them apart.
        if number == number.rounded(), abs(number) < 0x1p53 { return String(Int64(number)) }
        return "\(number)"
    }

    /// A name with nothing in it that the format does not allow; a colon may stand in a metric's name alone.
    static func legalName(_ name: String, mayHaveColons: Bool = false) -> String {
        let legal = String(
            name.unicodeScalars.map { scalar -> Character in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
                case ":" where mayHaveColons: ":"
                default: "_"
                }
            }
        )
        guard let first = legal.unicodeScalars.first, !("0"..."9").contains(first) else { return "_" + legal }
        return legal
    }
}
