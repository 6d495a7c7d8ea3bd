import Foundation

/// A `clockwork serve` process.
struct PodProcess: Sendable {
    let name: String
    let process: ChildProcess

    /// A line of its log.
    struct LogLine: Decodable {
        var level: String
        var message: String
        var metadata: [String: String]?
    }

    /// Its log so far; a line that is still being written is left out.
    var log: [LogLine] {
        process.errors.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(LogLine.self, from: Data(line.utf8))
        }
    }

    /// The partitions it owns, by its own account.
    var partitions: Set<Int32> {
        log.reduce(into: []) { owned, line in
            let named = Set((line.metadata?["partitions"] ?? "").split { !$0.isNumber }.compactMap { Int32($0) })
            switch line.message {
            case "assigned": owned.formUnion(named)
            case "revoked", "lost": owned.subtract(named)
            default: break
            }
        }
    }
}
