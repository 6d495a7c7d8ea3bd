import ArgumentParser
import Foundation

/// What `clockwork-bench` measures.
enum BenchScenario: String, CaseIterable, ExpressibleByArgument {
    /// Requests that are due already: how many a second go through.
    case throughput
    /// Requests for later: how many a second are persisted, seen by the offsets that are committed.
    case creates
    /// 2,000 and 20,000 a second, each due two seconds after it is sent: how late they come.
    case lateness2k = "lateness-2k"
    case lateness20k = "lateness-20k"
    /// 20,000 and 200,000 that are due in one millisecond: how long until the last is there.
    case burst20k = "burst-20k"
    case burst200k = "burst-200k"
    /// A pod that starts with so many schedules pending, due over 24 hours: how soon it is ready, what memory it takes,
    /// and how late 2,000 a second come beside them.
    case pending100k = "pending-100k"
    case pending1m = "pending-1m"
    case pending10m = "pending-10m"
    /// A pod with 64 partitions and nothing to do, its metrics scraped every 15 seconds.
    case idle

    /// Whether the floor can be measured with it: it persists nothing and has no idle work.
    var hasFloor: Bool {
        switch self {
        case .throughput, .lateness2k, .lateness20k, .burst20k, .burst200k: true
        case .creates, .pending100k, .pending1m, .pending10m, .idle: false
        }
    }

    /// The number of schedules that are sent.
    var count: Int {
        switch self {
        case .throughput, .creates: 300_000
        case .lateness2k, .pending100k, .pending1m, .pending10m: 20_000
        case .lateness20k: 200_000
        case .burst20k: 20_000
        case .burst200k: 200_000
        case .idle: 0
        }
    }

    /// The number of schedules that are pending before the pod starts.
    var pending: Int {
        switch self {
        case .pending100k: 100_000
        case .pending1m: 1_000_000
        case .pending10m: 10_000_000
        default: 0
        }
    }

    var intakePartitions: Int { self == .idle ? 64 : 8 }

    /// The partitions of the delivery topic: a local one holds 5 MB.
    var deliveryPartitions: Int { self == .burst200k ? 32 : 8 }
}

/// Whom a scenario is measured with.
enum BenchSubjectKind: String, CaseIterable {
    case floor
    case pod
}

/// What one run of a scenario has shown.
struct BenchResult {
    var scenario: BenchScenario
    var subject: BenchSubjectKind
    var repetition: Int
    /// Which brokers it was measured with.
    var brokers: String
    /// Figures by name; the unit is the end of the name.
    var figures: [(name: String, value: Double)] = []
    /// Lateness in milliseconds at each of `BenchResult.percentiles`; empty where it is not measured.
    var latenessMs: [Double] = []

    /// Where a curve of lateness is told.
    static let percentiles = [0.0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100]

    func figure(_ name: String) -> Double? {
        figures.first { $0.name == name }?.value
    }

    /// A line for scripts.
    var json: String {
        get throws {
            var object: [String: Any] = [
                "scenario": scenario.rawValue, "subject": subject.rawValue, "run": repetition, "brokers": brokers,
            ]
            for (name, value) in figures { object[name] = value }
            if !latenessMs.isEmpty {
                object["percentiles"] = Self.percentiles
                object["latenessMs"] = latenessMs
            }
            let data = try JSONSerialization.data(
                withJSONObject: object,
                options: [.sortedKeys, .withoutEscapingSlashes]
            )
            return String(decoding: data, as: UTF8.self)
        }
    }
}

/// The value that a share of `sorted` does not exceed (the nearest rank); 0 of nothing.
func percentile(_ share: Double, of sorted: [Int64]) -> Int64 {
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((share / 100 * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
}
