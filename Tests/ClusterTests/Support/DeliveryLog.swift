import Foundation
import Kafka
import Synchronization

/// Reads topics from their beginning, on a thread of its own, and keeps every record.
final class DeliveryLog: Sendable {
    private struct State {
        var records: [ReadRecord] = []
        var next: [String: [Int32: Int64]] = [:]
        var failure: KafkaError?
        var isStopped = false
    }

    private let state = Mutex(State())

    init(topics: [String], properties: KafkaProperties) {
        let log = self
        Thread.detachNewThread { log.run(topics, properties) }
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

    private func take(_ fresh: [ReadRecord]) {
        state.withLock { state in
            state.records += fresh
            for read in fresh { state.next[read.topic, default: [:]][read.partition] = read.offset + 1 }
        }
    }
}
