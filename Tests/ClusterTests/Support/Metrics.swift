/// A page of metrics, as a pod serves it.
struct Metrics {
    let page: String

    private var lines: [Substring] { page.split(separator: "\n") }

    /// The value of a series, which is named with its labels as the page has them; `nil` where there is none.
    func value(_ series: String) -> Double? {
        lines.first { $0.hasPrefix(series + " ") }?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// Whether there is a series of this name.
    func has(_ name: String) -> Bool {
        lines.contains { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
    }
}
