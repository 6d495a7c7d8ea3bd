import Foundation
import Logging
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct LogSinkTests {
    /// A pipe of which nobody reads until he is told to. It stays open: the thread of a sink lives on.
    private final class Pipe {
        let reader: Int32
        let writer: Int32

        init() {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        /// Reads until these lines are all that was expected.
        func lines(until isAll: ([String]) -> Bool) -> [String] {
            var all = ""
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let lines = all.split(separator: "\n").map(String.init)
                if all.hasSuffix("\n"), isAll(lines) { return lines }
                let count = read(reader, &buffer, buffer.count)
                guard count > 0 else { return lines }
                all += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
    }

    @Test func `Lines come out whole and in order`() {
        let pipe = Pipe()
        let sink = LogSink(fileDescriptor: pipe.writer)
        for number in 0..<500 { sink.write("line \(number).\n") }
        #expect(pipe.lines { $0.count >= 500 } == (0..<500).map { "line \($0)." })
        #expect(sink.losses == LogSink.Losses())
    }

    @Test(.timeLimit(.minutes(1)))
    func `Nobody waits for a pipe that is not read; what it does not take is dropped and counted`() {
        let pipe = Pipe()
        let sink = LogSink(fileDescriptor: pipe.writer, capacity: 100_000)
        let line = String(repeating: "x", count: 999) + "\n"
        for _ in 0..<10_000 { sink.write(line) }
        let dropped = sink.losses.dropped
        #expect(dropped >= 10_000 - 300 && dropped < 10_000)
        // Once it is read again, lines say how many are missing, and others come again.
        func missing(_ lines: [String]) -> Int {
            lines.compactMap { $0.wholeMatch(of: /(\d+) log lines were dropped: standard error took no more/) }
                .compactMap { Int($0.1) }.reduce(0, +)
        }
        let lines = pipe.lines { missing($0) == dropped }
        #expect(lines.count { $0.hasPrefix("x") } == 10_000 - dropped)
        sink.write("again\n")
        #expect(pipe.lines { $0.count == 1 } == ["again"])
    }

    @Test(.timeLimit(.minutes(1))) func `Waiting for the last lines has an end`() {
        let pipe = Pipe()
        let sink = LogSink(fileDescriptor: pipe.writer)
        for _ in 0..<1_000 { sink.write(String(repeating: "x", count: 999) + "\n") }
        sink.flush(within: .milliseconds(20))
        #expect(sink.losses.dropped < 1_000, "the flush came back with lines in the queue")
    }

    private func logged(_ level: Logger.Level, _ count: Int, _ log: (Logger, Int) -> Void) -> LogSink {
        let sink = LogSink(fileDescriptor: open("/dev/null", O_WRONLY))
        let logger = Logger(label: "clockwork.kafka") { label in
            LineLogHandler(
                label: label,
                configuration: LoggingConfiguration(level: level, format: .text),
                now: { EpochMilliseconds(rawValue: 1_798_131_600_250) },
                sink: sink
            )
        }
        for number in 0..<count { log(logger, number) }
        return sink
    }

    @Test func `A library that says one thing a thousand times says it a few times`() {
        let sink = logged(.info, 1_000) { logger, number in
            logger.warning("[thrd:127.0.0.1:\(number)/1]: broken answer", metadata: ["facility": "FAIL"])
        }
        #expect(sink.losses == LogSink.Losses(dropped: 0, leftOut: 1_000 - LineLimiter.perWindow))
    }

    @Test func `Lines for finding faults are all written: somebody has asked for them`() {
        let sink = logged(.debug, 1_000) { logger, _ in logger.debug("request") }
        #expect(sink.losses == LogSink.Losses())
    }
}
