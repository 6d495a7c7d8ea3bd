import Foundation
import Logging
import Scheduling
import Synchronization
import Testing

@testable import ClockworkService

@Suite struct LineLogHandlerTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func append(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private func logged(
        _ format: LoggingConfiguration.Format,
        level: Logger.Level = .trace,
        _ body: (inout Logger) -> Void
    ) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "clockwork.test") { label in
            LineLogHandler(
                label: label,
                configuration: LoggingConfiguration(level: level, format: format),
                now: { EpochMilliseconds(rawValue: 1_798_131_600_250) },
                write: { lines.append($0) }
            )
        }
        body(&logger)
        return lines.all
    }

    @Test func `text has time, level, message and sorted metadata`() {
        let lines = logged(.text) { logger in
            logger[metadataKey: "pod"] = "pod-0"
            logger.info("joined the group", metadata: ["group": "scheduler", "partitions": ["1", "2"], "empty": ""])
        }
        #expect(
            lines == [
                "2026-12-24T17:00:00.250Z info     joined the group"
                    + #" empty="" group=scheduler partitions="[\"1\", \"2\"]" pod=pod-0"# + "\n"
            ]
        )
    }

    @Test(arguments: ["a\nb", "a\r\nb", "a\u{2028}b", "a\u{85}b", "a\u{1B}[2Jb", "a\u{0}b"])
    func `no text can break a line or steer a terminal`(text: String) {
        for format in [LoggingConfiguration.Format.text, .json] {
            let lines = logged(format) { $0.error("\(text)", metadata: ["key \(text)": "\(text)"]) }
            #expect(lines.count == 1)
            #expect(lines[0].hasSuffix("\n"))
            let inside = lines[0].unicodeScalars.dropLast()
            #expect(!inside.contains { $0.properties.generalCategory == .control || $0 == "\u{2028}" })
        }
    }

    @Test func `json lines are read back as what was logged`() throws {
        let text = "quote \" slash \\ tab \t line \n bell \u{7} ünï 😀 \u{2029}"
        let lines = logged(.json) { logger in
            logger.warning("\(text)", metadata: ["key \"1\"": "\(text)", "list": ["a", ["b": "c"]]])
        }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? NSDictionary)
        #expect(
            object == [
                "time": "2026-12-24T17:00:00.250Z", "level": "warning", "logger": "clockwork.test", "message": text,
                "metadata": ["key \"1\"": text, "list": ["a", ["b": "c"]]] as NSDictionary,
            ] as NSDictionary
        )
    }

    @Test func `lines below the level are not written`() {
        let lines = logged(.text, level: .warning) { logger in
            logger.info("quiet")
            logger.warning("loud")
        }
        #expect(lines.count == 1 && lines[0].contains("loud"))
    }

    @Test func `a category has its label, and its level where one is set`() {
        let lines = Lines()
        let configuration = LoggingConfiguration(
            level: .warning,
            levels: [.pod: .debug, .kafka: .error],
            format: .json
        )
        let logger = Logger(label: "clockwork") { label in
            LineLogHandler(
                label: label,
                configuration: configuration,
                now: { EpochMilliseconds(rawValue: 0) },
                write: { lines.append($0) }
            )
        }
        for category in LogCategory.allCases {
            let logger = logger.inCategory(category).inCategory(category)
            logger.debug("debug")
            logger.warning("warning")
            logger.error("error")
        }
        func levels(_ category: LogCategory) -> [String] {
            lines.all.filter { $0.contains("\"logger\":\"clockwork.\(category.rawValue)\"") }.map { line in
                ["debug", "warning", "error"].first { line.contains("\"message\":\"\($0)\"") } ?? line
            }
        }
        #expect(levels(.pod) == ["debug", "warning", "error"])
        #expect(levels(.kafka) == ["error"])
        for category in [LogCategory.delivery, .store, .api, .metrics] {
            #expect(levels(category) == ["warning", "error"])
        }
        #expect(lines.all.count == 12)
    }

    @Test func `the event's metadata wins over the logger's`() {
        let lines = logged(.text) { logger in
            logger[metadataKey: "partition"] = "1"
            logger.info("x", metadata: ["partition": "2"])
        }
        #expect(lines[0].hasSuffix(" x partition=2\n"))
    }
}
