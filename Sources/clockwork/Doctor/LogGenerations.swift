import Scheduling

/// What the progress records say of the partitions that no longer read their first log.
enum LogGenerations {
    /// One line for all of them; `nil` where every partition is at generation 0.
    static func finding(_ progress: [PartitionProgress]) -> Finding? {
        let later = Dictionary(grouping: progress.filter { $0.generation != 0 }, by: \.generation)
        guard !later.isEmpty else { return nil }
        let parts = later.sorted { $0.key < $1.key }.map { generation, records in
            let partitions = records.map(\.partition).sorted()
            return "generation \(generation) in partition\(partitions.count == 1 ? "" : "s") \(runs(of: partitions))"
        }
        return .good("intake logs", parts.joined(separator: "; "))
    }

    /// Numbers in ascending order, runs of them shortened: `0-3, 7`.
    private static func runs(of numbers: [Int32]) -> String {
        var runs: [ClosedRange<Int32>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}
