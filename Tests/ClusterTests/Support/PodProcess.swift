import Foundation

/// A `clockwork serve` process.
struct PodProcess: Sendable {
    let name: String
    let process: ChildProcess

    /// Settings with which a pod has so much to say that what waits to be written is full within seconds: of each fetch a
    /// few lines, and many fetches.
    static let talkative = [
        "LOG_LEVEL": "trace", "KAFKA_PROPERTY_DEBUG": "all", "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
    ]

    /// A line of its log.
    struct LogLine: Decodable {
        var time: String
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

    /// The port of its HTTP API, once it serves.
    var port: Int? {
        log.last { $0.message == "HTTP API serves" }.flatMap { $0.metadata?["port"] }.flatMap { Int($0) }
    }

    /// The port of its HTTP API, waited for.
    func servingPort() async throws -> Int {
        try await wait("the HTTP API of \(name)") { port != nil }
        return port!
    }

    /// The most memory it has had resident so far, in bytes, as the kernel counts it.
    var peakResidentBytes: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            guard let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
            else { throw Impatient(description: "no VmHWM of process \(process.pid)") }
            return kibibytes * 1_024
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
