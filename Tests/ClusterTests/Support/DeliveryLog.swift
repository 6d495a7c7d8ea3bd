import Foundation
import Kafka
import Synchronization

/// Reads topics from their beginning, on a thread of its own, and keeps every record.
final class DeliveryLog: Sendable {
    private struct State {
        var records: [ReadRecord] = []
        var next: [String: [Int32: Int64]] = [:]
        var failure: (any Error)?
        var isStopped = false
    }

    private let state = Mutex(State())

    init(topics: [String], properties: KafkaProperties) {
        let log = self
        Thread.detachNewThread { log.run(topics, properties) }
    }

    /// What a reader of its own, with a client that Clockwork has no part in, writes to its standard output.
    ///
    /// - Parameter files: where the reader's output goes, as `ChildProcess` takes it.
    init(topics: [String], brokers: String, files: String) throws {
        let reader = try ChildProcess(
            try Python.path,
            [Python.script("read_topics.py"), brokers] + topics,
            environment: Clockwork.baseEnvironment,
            files: files
        )
        let log = self
        Thread.detachNewThread { log.follow(reader, files + ".out") }
    }

    /// Ends the thread, soon.
    func stop() {
        state.withLock { $0.isStopped = true }
    }

    /// What has been read, each partition in its order.
    ///
    /// - Throws: why reading has ended.
    func records() throws -> [ReadRecord] {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.records
        }
    }

    /// Behind the last record read of each partition; 0 where there was none.
    func next(_ topic: String, _ partition: Int32) -> Int64 {
        state.withLock { $0.next[topic]?[partition] ?? 0 }
    }

    private func run(_ topics: [String], _ properties: KafkaProperties) {
        do throws(KafkaError) {
            var readers: [(String, KafkaReader)] = []
            for topic in topics {
                let reader = try KafkaReader(
                    topic: topic,
                    from: .beginning,
                    properties: properties,
                    logger: quietLogger
                )
                readers.append((topic, reader))
            }
            while !state.withLock({ $0.isStopped }) {
                for (topic, reader) in readers {
                    var fresh: [ReadRecord] = []
                    try reader.poll(timeout: .milliseconds(5)) { fresh.append(ReadRecord($0, topic: topic)) }
                    if !fresh.isEmpty { take(fresh) }
                }
            }
        } catch {
            state.withLock { $0.failure = error }
        }
    }

    fileprivate struct Line: Decodable {
        var topic: String
        var partition: Int32
        var offset: Int64
        var timestamp: Int64
        var arrival: Int64
        var key: Data?
        var value: Data?
        var headers: [[String?]]
    }

    private func follow(_ reader: ChildProcess, _ path: String) {
        defer { reader.send(SIGKILL) }
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            var rest = Data()
            while !state.withLock({ $0.isStopped }) {
                guard let data = try file.read(upToCount: 1 << 20), !data.isEmpty else {
                    if let exit = reader.exit {
                        throw Impatient(description: "the reader has ended with \(exit): \(reader.errors)")
                    }
                    usleep(5_000)
                    continue
                }
                rest += data
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
                let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
                take(try lines.map { ReadRecord(try JSONDecoder().decode(Line.self, from: $0)) })
                rest = Data(rest[rest.index(after: end)...])
            }
        } catch {
            state.withLock { $0.failure = error }
        }
    }

    private func take(_ fresh: [ReadRecord]) {
        state.withLock { state in
            state.records += fresh
            for read in fresh { state.next[read.topic, default: [:]][read.partition] = read.offset + 1 }
        }
    }
}

extension ReadRecord {
    fileprivate init(_ line: DeliveryLog.Line) {
        topic = line.topic
        partition = line.partition
        offset = line.offset
        timestamp = line.timestamp
        arrival = line.arrival
        record = TestRecord(
            key: line.key.map(Array.init),
            value: line.value.map(Array.init),
            headers: line.headers.map { header in
                TestRecord.Header(header[0] ?? "", header[1].flatMap { Data(base64Encoded: $0) }.map(Array.init))
            }
        )
    }
}
