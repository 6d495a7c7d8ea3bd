import ArgumentParser
import ClockworkService
import Kafka
import Logging
import Runtime
import Scheduling
import Synchronization

/// Sends a file of requests, shows each delivery as it happens, and sums up.
struct Demo: Sendable {
    let path: String
    let topics: [String]
    let kafka: KafkaConfiguration
    let rules: RequestRules
    let logger: Logger
    private let isStopped = StopFlag()

    /// How long after the last schedule was due the demo waits for what is missing, in milliseconds.
    private static let patience: Int64 = 30_000

    /// Runs to the end.
    ///
    /// - Returns: whether all went as the file says.
    func run() async throws -> Bool {
        // Readers are at the topics' ends before anything is sent.
        let ledger = try await BlockingCall.run(named: "clockwork-demo") { Result { try Readers(self) } }.get()
        try await send(to: ledger)
        return await BlockingCall.run(named: "clockwork-demo") { ledger.watch(until: isStopped) }
    }

    /// Has `run` end soon, with what has been seen by then.
    func stop() {
        isStopped.set()
    }

    private func send(to readers: Readers) async throws {
        let sender = try await RequestSender(kafka: kafka, logger: logger)
        var file = try RequestFile(path: path)
        while !isStopped.isSet, let request = try file.next(now: WallClock.now) {
            readers.ledger.send(request)
            try sender.send(request)
        }
        try sender.finish()
        Console.print("\(sender.acknowledged) requests sent to topic \(kafka.intakeTopic)\n")
    }

    /// The readers of all topics and what they have seen.
    ///
    /// `@unchecked Sendable`: one task uses it, from one thread after the other.
    private final class Readers: @unchecked Sendable {
        var ledger: DemoLedger
        private let deliveries: [(topic: String, reader: KafkaReader)]
        private let deadLetters: (topic: String, reader: KafkaReader)

        init(_ demo: Demo) throws {
            ledger = DemoLedger(rules: demo.rules)
            let properties = KafkaProperties(demo.kafka)
            func reader(_ topic: String) throws -> (String, KafkaReader) {
                (topic, try KafkaReader(topic: topic, from: .end, properties: properties, logger: demo.logger))
            }
            deliveries = try demo.topics.map(reader)
            deadLetters = try reader(demo.kafka.deadLetterTopic)
        }

        func watch(until isStopped: StopFlag) -> Bool {
            let deadline = ledger.end.advanced(byMilliseconds: Demo.patience)
            while !ledger.isComplete, WallClock.now() < deadline, !isStopped.isSet {
                for (topic, reader) in deliveries { poll(reader, topic) { $0.see($1) } }
                poll(deadLetters.reader, deadLetters.topic) { $0.seeDeadLetter($1) }
            }
            Console.print("\n\(ledger.summary)")
            for problem in ledger.problems { ProcessEnvironment.complain(problem) }
            return ledger.problems.isEmpty
        }

        private func poll(_ reader: KafkaReader, _ topic: String, _ note: (inout DemoLedger, DeliveredRecord) -> Void) {
            do throws(KafkaError) {
                try reader.poll(timeout: .milliseconds(10)) { record in
                    let delivered = DeliveredRecord(record, topic: topic)
                    Console.print(delivered.line)
                    note(&ledger, delivered)
                }
            } catch {
                ProcessEnvironment.complain("\(topic): \(error)")
            }
        }
    }
}

/// Set once, from any thread.
private final class StopFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() {
        value.store(true, ordering: .relaxed)
    }
}
