import Foundation
import Testing

/// The table of modules in `docs/design.md`.
@Suite struct ModuleTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The modules in `Sources`, each with those that `Package.swift` lets it import.
    private static func declared() throws -> [String: Set<String>] {
        let manifest = try text("Package.swift")
        let folders = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
        let modules = Set(folders + ["CKafka"])
        var declared: [String: Set<String>] = [:]
        for module in folders where !module.hasPrefix("C") || module.hasPrefix("Clockwork") {
            let begin = try #require(
                manifest.range(of: "arget(\n            name: \"\(module)\"")?.upperBound
                    ?? manifest.range(of: "arget(name: \"\(module)\"")?.upperBound
            )
            let rest = manifest[begin...]
            let end = rest.range(of: "swiftSettings")?.lowerBound ?? rest.endIndex
            let names = rest[..<end].split(separator: "\"").map(String.init)
            declared[module] = modules.intersection(names).subtracting([module])
        }
        return declared
    }

    @Test func `the design's table of modules is what the package declares`() throws {
        let declared = try Self.declared()
        var written: [String: Set<String>] = [:]
        for line in try Self.text("docs/design.md").split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            let names = cells.map { $0.split(separator: "`").map(String.init).filter { $0.allSatisfy(\.isLetter) } }
            guard cells.count == 5, let module = names[1].first, declared[module] != nil else { continue }
            let isRoot = cells[3].trimmingCharacters(in: .whitespaces) == "all of them"
            written[module] = isRoot ? declared[module] : Set(names[3])
        }
        #expect(written == declared)
    }
}
