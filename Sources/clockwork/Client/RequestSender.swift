import CLinux
import ClockworkService
import Glibc
import Kafka
import Logging
import Scheduling

/// Sends requests to the intake topic and waits for their acknowledgements, on the caller's thread.
///
/// At most `maxUnacknowledged` requests are on the way; `send` waits for room. One thread uses it.
final class RequestSender {
    /// Where an acknowledged request is.
    struct Receipt {
        var number: Int
        var partition: Int32
        var offset: Int64
    }

    /// Records on the way at once.
    static let maxUnacknowledged = 20_000

    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private let wakeDescriptor: Int32
    private var sent = 0
    private var unacknowledged = 0
    private let onReceipt: (Receipt) -> Void

    /// The number of requests acknowledged.
    private(set) var acknowledged = 0

    /// Connects, and makes sure that the topic exists.
    ///
    /// - Parameter onReceipt: told of each acknowledged request; `number` counts them from 1 as they were sent.
    init(
        kafka: KafkaConfiguration,
        logger: Logger,
        onReceipt: @escaping (Receipt) -> Void = { _ in }
    ) async throws {
        var properties = KafkaProperties(kafka)
        // A person waits for the answer.
        if properties.get("message.timeout.ms") == nil { properties.set("message.timeout.ms", to: "30000") }
        producer = try ProcessEnvironment.kafkaClient { () throws(KafkaError) in
            try KafkaProducer(properties: properties, logger: logger)
        }
        try await Self.requireTopic(kafka, producer)
        topic = try producer.topic(kafka.intakeTopic)
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        producer.signal(fileDescriptor: wakeDescriptor)
        self.onReceipt = onReceipt
    }

    private static func requireTopic(_ kafka: KafkaConfiguration, _ producer: KafkaProducer) async throws {
        let count: Int?
        do throws(KafkaError) {
            count = try await producer.partitionCount(of: kafka.intakeTopic)
        } catch {
            throw ClientError("\(kafka.brokers) cannot be asked for topic \(kafka.intakeTopic): \(error)")
        }
        guard count != nil else {
            throw ClientError("topic \(kafka.intakeTopic) does not exist on \(kafka.brokers)")
        }
    }

    deinit {
        producer.close()
        close(wakeDescriptor)
    }

    /// Sends a request, waiting for room if there is none.
    ///
    /// - Throws: what the brokers say about an earlier request, or the producer about this one.
    func send(_ request: OutgoingRequest) throws {
        while unacknowledged >= Self.maxUnacknowledged { try waitForReports() }
        sent += 1
        unacknowledged += 1
        let error = request.withBytes { key, value in
            var headers = KafkaHeaders()
            request.headers.forEach { headers.append(name: $0, value: $1) }
            return producer.produce(to: topic, key: key, value: value, headers: headers, token: UInt64(sent))
        }
        if let error { throw ClientError("request \(sent) was not taken: \(error)") }
        if sent % 1_000 == 0 { try pollReports() }
    }

    /// Waits until every request is acknowledged.
    func finish() throws {
        while unacknowledged > 0 { try waitForReports() }
    }

    private func waitForReports() throws {
        var descriptor = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
        // The time only bounds how long an interrupted wait lasts.
        Glibc.poll(&descriptor, 1, 1_000)
        var value: UInt64 = 0
        _ = read(wakeDescriptor, &value, 8)
        try pollReports()
    }

    private func pollReports() throws {
        var failure: KafkaError?
        producer.pollReports { report in
            unacknowledged -= 1
            if let error = report.error {
                failure = failure ?? error
            } else {
                acknowledged += 1
                onReceipt(Receipt(number: Int(report.token), partition: report.partition, offset: report.offset))
            }
        }
        if let failure { throw ClientError("a request was not taken: \(failure)") }
    }
}

/// A client command that cannot do what it was asked for; one sentence.
struct ClientError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
