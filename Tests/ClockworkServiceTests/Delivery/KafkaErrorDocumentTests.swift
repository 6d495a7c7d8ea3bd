import Foundation
import Kafka
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct KafkaErrorDocumentTests {
    @Test func `docs/kafka-errors.md says what the table of errors says`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "docs/kafka-errors.md")
        let document = KafkaErrorMeaning.document
        if (try? String(contentsOf: file, encoding: .utf8)) != document {
            let written = FileManager.default.temporaryDirectory.appending(path: "kafka-errors.md")
            try document.write(to: written, atomically: true, encoding: .utf8)
            Issue.record("docs/kafka-errors.md is not what the table says; \(written.path) is")
        }
    }

    /// The steps of the one delivery, or dead letter, that was refused like this, up to its end or its pause.
    private func fate(_ error: KafkaError, ofLetter: Bool = false) -> [QueuesScript.Step] {
        var script = QueuesScript(known: ["a"])
        if ofLetter { script.sendLetter(1, key: [1]) } else { script.send([1], to: "a") }
        _ = script.steps()
        var steps: [QueuesScript.Step] = []
        for _ in 0..<3 {
            script.report(1, ReportVerdict(error))
            steps += script.steps()
        }
        return steps
    }

    @Test func `every code does to a delivery what the page says of its meaning`() {
        for row in KafkaErrorMeaning.table {
            let error = KafkaError(code: row.code)
            let reason = DeliveryFailure.refused(by: "a", error.name)
            let fate = fate(error)
            switch row.meaning {
            case .tooLarge, .recordRefused: #expect(fate == [.produceAlone(1), .failed(1, reason)], "\(error)")
            case .unknownTopic: #expect(fate == [.retry("a", isFirst: true), .check("a")], "\(error)")
            case .transient, .rebalance, .topicRefuses, .clientRefused, .offsetGone, .fatal, .other:
                #expect(fate == [.retry("a", isFirst: true)], "\(error)")
            }
        }
    }

    @Test func `no code gives up a dead letter`() {
        for row in KafkaErrorMeaning.table {
            let fate = fate(KafkaError(code: row.code), ofLetter: true)
            #expect(!fate.isEmpty, "\(row.name)")
            for step in fate { if case .deadLettered = step { Issue.record("\(row.name) ends a dead letter") } }
        }
    }
}
