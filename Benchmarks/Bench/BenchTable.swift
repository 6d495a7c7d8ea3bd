/// The results of a scenario, for people.
enum BenchTable {
    /// A line for each figure: the median of the floor, that of the pod with its spread, and their ratio.
    static func lines(of results: [BenchResult]) -> [String] {
        guard let first = results.first else { return [] }
        var lines = ["", "\(first.scenario.rawValue)"]
        lines.append(line("", "floor", "pod", "least…most", "ratio"))
        for (name, _) in results.last?.figures ?? [] {
            lines.append(row(name, results) { $0.figure(name) })
        }
        for share in [50.0, 99, 99.9, 100] where !first.latenessMs.isEmpty {
            guard let place = BenchResult.percentiles.firstIndex(of: share) else { continue }
            lines.append(row("lateness p\(text(share)) ms", results) { $0.latenessMs[place] })
        }
        return lines
    }

    private static func row(
        _ name: String,
        _ results: [BenchResult],
        _ value: (BenchResult) -> Double?
    ) -> String {
        func sorted(_ kind: BenchSubjectKind) -> [Double] {
            results.filter { $0.subject == kind }.compactMap(value).sorted()
        }
        let (floor, pod) = (sorted(.floor), sorted(.pod))
        let medians = (floor: median(floor), pod: median(pod))
        var ratio = ""
        if let low = medians.floor, let high = medians.pod, low != 0 { ratio = text(high / low) }
        return line(
            name,
            medians.floor.map(text) ?? "",
            medians.pod.map(text) ?? "",
            pod.first.flatMap { first in pod.last.map { "\(text(first))…\(text($0))" } } ?? "",
            ratio
        )
    }

    private static func median(_ sorted: [Double]) -> Double? {
        sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }

    /// Three digits are enough for what a shared machine repeats.
    private static func text(_ value: Double) -> String {
        guard value.magnitude < 1_000 else { return String(Int(value.rounded())) }
        let places = value.magnitude < 10 ? 100.0 : 10.0
        let rounded = (value * places).rounded() / places
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }

    private static func line(_ cells: String...) -> String {
        let widths = [22, 10, 10, 18, 8]
        return zip(cells, widths).enumerated().map { index, cell in
            let gap = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + gap : gap + cell.0
        }.joined(separator: " ")
    }
}
