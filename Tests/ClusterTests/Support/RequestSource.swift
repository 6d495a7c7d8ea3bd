import Kafka
import Synchronization

/// Produces to the intake topic and tells where each record has come to lie.
final class RequestSource: Sendable {
    let topic: String
    private let producer: KafkaProducer
    private let reports = Mutex<[UInt64: DeliveryReport]>([:])
    private let lastToken = Atomic<UInt64>(0)

    init(topic: String, properties: KafkaProperties) throws {
        self.topic = topic
        producer = try KafkaProducer(properties: properties, logger: quietLogger)
    }

    deinit {
        producer.close()
    }

    /// Sends records in order and waits until all are acknowledged.
    func send(_ records: [TestRecord]) async throws -> [(partition: Int32, offset: Int64)] {
        let topic = try producer.topic(topic)
        var tokens: [UInt64] = []
        for record in records {
            let token = lastToken.add(1, ordering: .relaxed).newValue
            tokens.append(token)
            if let error = produce(record, to: topic, token: token) { throw error }
        }
        try await wait("acknowledgements of \(tokens.count) requests") {
            producer.pollReports { report in reports.withLock { $0[report.token] = report } }
            return reports.withLock { reports in tokens.allSatisfy { reports[$0] != nil } }
        }
        return try tokens.map { token in
            let report = reports.withLock { $0.removeValue(forKey: token)! }
            if let error = report.error { throw error }
            return (report.partition, report.offset)
        }
    }

    /// Sends requests and tells `verifier` of each.
    func send(_ requests: [TestRequest], _ verifier: inout Verifier, areDuplicates: Bool = false) async throws {
        let positions = try await send(requests.map(\.record))
        for (request, position) in zip(requests, positions) {
            verifier.sent(
                request,
                partition: position.partition,
                offset: position.offset,
                isDuplicate: areDuplicates
            )
        }
    }

    /// The number of partitions of a topic; `nil` when there is none of this name.
    func partitionCount(of topic: String) async throws -> Int? {
        try await producer.partitionCount(of: topic)
    }

    private func produce(_ record: TestRecord, to topic: KafkaTopic, token: UInt64) -> KafkaError? {
        withBytes(record.key) { key in
            withBytes(record.value) { value in
                var headers = KafkaHeaders()
                for header in record.headers {
                    Array(header.name.utf8).withUnsafeBytes { name in
                        withBytes(header.value) { headers.append(name: name, value: $0) }
                    }
                }
                return producer.produce(to: topic, key: key, value: value, headers: headers, token: token)
            }
        }
    }
}

private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}
