import Foundation
import Testing

@testable import ClockworkService

@Suite struct ConfigurationDocumentTests {
    @Test func `docs/configuration.md lists the settings there are`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "docs/configuration.md")
        if try String(contentsOf: file, encoding: .utf8) != Setting.document {
            let written = FileManager.default.temporaryDirectory.appending(path: "configuration.md")
            try Setting.document.write(to: written, atomically: true, encoding: .utf8)
            Issue.record("docs/configuration.md is not what the list of settings says; \(written.path) is")
        }
    }
}
