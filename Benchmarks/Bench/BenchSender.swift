import Glibc
import Kafka
import Logging

/// Produces the requests of a measurement.
struct BenchSender {
    /// Whom the requests are for.
    enum Form {
        /// A pod: structured requests.
        case structured
        /// The floor: the payload alone.
        case bare
    }

    private let producer: KafkaProducer
    private let topic: KafkaTopic
    /// A request with the digits of nothing in it.
    private var value: [UInt8]
    /// Where in it the digits of the key, of the schedule time and of the payload are.
    private var keyAt: Int?
    private var timeAt: Int?
    private let payloadAt: Int
    private var keys: [[UInt8]]
    private var sent = 0
    /// How many requests have had a report.
    private var reported = 0

    /// The number of different ordering keys.
    private static let orderingKeys = 1_000

    init(form: Form, intake: String, delivery: String, payloadBytes: Int, brokers: String) throws {
        producer = try KafkaProducer(
            properties: ["bootstrap.servers": brokers, "linger.ms": "2"],
            logger: Logger(label: "bench")
        )
        topic = try producer.topic(intake)
        let payload =
            String(repeating: "0", count: BenchMark.length)
            + String(repeating: "x", count: max(0, payloadBytes - BenchMark.length))
        switch form {
        case .bare:
            value = Array(payload.utf8)
            payloadAt = 0
        case .structured:
            let parts = [
                #"{"clientId":"bench","scheduleKey":"schedule-"#, "0000000000", #"","scheduleTime":"#, "1000000000000",
                #","delivery":{"topic":"\#(delivery)"},"taskData":""#,
            ]
            keyAt = parts[0].utf8.count
            timeAt = parts[0...2].joined().utf8.count
            payloadAt = parts.joined().utf8.count
            value = Array((parts.joined() + payload + "\"}").utf8)
        }
        keys = (0..<Self.orderingKeys).map { Array("key-\($0)".utf8) }
    }

    /// Sends the next request, due at `due` (epoch milliseconds).
    ///
    /// - Throws: what keeps a request from being written; it ends the measurement.
    mutating func send(due: Int64) throws {
        let number = Int64(sent)
        if let keyAt { BenchMark.write(number, 10, into: &value, at: keyAt) }
        if let timeAt { BenchMark.write(due, 13, into: &value, at: timeAt) }
        BenchMark.write(due, 13, into: &value, at: payloadAt)
        BenchMark.write(number, 10, into: &value, at: payloadAt + 13)
        while let error = produce() {
            guard error.isQueueFull else { throw BenchError("a request cannot be sent: \(error)") }
            try takeReports()
            usleep(500)
        }
        sent += 1
        if sent % 512 == 0 { try takeReports() }
    }

    private func produce() -> KafkaError? {
        keys[sent % keys.count].withUnsafeBytes { key in
            value.withUnsafeBytes { value in producer.produce(to: topic, key: key, value: value, token: 0) }
        }
    }

    /// Takes the reports that are there.
    ///
    /// - Throws: where a request was not written; that ends the measurement.
    mutating func takeReports() throws {
        var failure: KafkaError?
        producer.pollReports {
            reported += 1
            failure = failure ?? $0.error
        }
        if let failure { throw BenchError("a request was not written: \(failure)") }
    }

    /// Waits until every request is acknowledged.
    mutating func finish() throws {
        while reported < sent {
            try takeReports()
            usleep(500)
        }
        producer.close()
    }
}
