import ClockworkClient
import ClockworkService
import Scheduling

/// The table of `clockwork partitions`.
enum PartitionTable {
    /// One line a partition, under a line of titles; columns are as wide as they need to be.
    static func text(_ reports: [PartitionReport], now: EpochMilliseconds) -> String {
        let titles = [
            "PARTITION", "OWNER", "EPOCH", "RESIDENT", "GENERATION", "COMMITTED", "DELIVERED UP TO", "UPDATED",
        ]
        let rows = reports.map { report in
            [
                "\(report.partition)",
                report.owner.map { $0.isEmpty ? "-" : StatusText.clean($0) } ?? "-",
                number(report.epoch),
                number(report.pendingResident),
                number(report.generation),
                number(report.committedOffset),
                report.executedUpToMilliseconds.map { EpochMilliseconds(rawValue: $0).rfc3339 } ?? "-",
                report.updatedAtMilliseconds.map {
                    StatusText.distance(from: now, to: EpochMilliseconds(rawValue: $0))
                } ?? "-",
            ]
        }
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let (text, width) = cell
                if column == titles.count - 1 { return text }
                let padding = String(repeating: " ", count: width - text.count)
                // Numbers stand under each other by their last digit.
                return (2...5).contains(column) ? padding + text : text + padding
            }
            .joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }

    private static func number(_ value: Int64?) -> String {
        value.map(String.init) ?? "-"
    }
}
