import CKafka
import Logging
import Testing

@testable import Kafka

/// Quiet unless a test fails to explain itself.
let quietLogger: Logger = {
    var logger = Logger(label: "kafka.tests")
    logger.logLevel = .critical
    return logger
}()

/// How long a test waits for what must come; reached only by a test that fails.
let patience = Duration.seconds(60)

struct Impatient: Error, CustomStringConvertible {
    var description: String
}

/// Repeats `step` until `isDone`; fails when that takes longer than `patience`.
func wait(_ what: String, step: () throws -> Void = {}, until isDone: () -> Bool) async throws {
    let deadline = ContinuousClock.now + patience
    while true {
        try step()
        if isDone() { return }
        guard ContinuousClock.now < deadline else { throw Impatient(description: "waited in vain for \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// A record copied out of a callback.
struct CopiedRecord: Equatable {
    struct Header: Equatable {
        var name: [UInt8]
        var value: [UInt8]?

        init(_ name: [UInt8], _ value: [UInt8]?) {
            self.name = name
            self.value = value
        }

        init(_ name: String, _ value: String?) {
            self.init(Array(name.utf8), value.map { Array($0.utf8) })
        }
    }

    var partition: Int32
    var offset: Int64
    var timestamp: Int64
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []

    init(_ record: borrowing KafkaRecord) {
        partition = record.partition
        offset = record.offset
        timestamp = record.timestampMilliseconds
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) }
        var headers: [Header] = []
        record.forEachHeader { name, value in
            headers.append(Header(Array(name), value.map { Array($0) }))
        }
        self.headers = headers
    }
}

/// A producer with the reports it has got.
final class TestProducer {
    let producer: KafkaProducer
    private(set) var reports: [UInt64: DeliveryReport] = [:]
    private(set) var errors: [KafkaError] = []
    private var nextToken: UInt64 = 1

    init(_ cluster: LocalKafka, _ properties: KafkaProperties = [:]) throws {
        var properties = properties
        properties.set("bootstrap.servers", to: cluster.bootstrapServers)
        producer = try KafkaProducer(properties: properties, logger: quietLogger)
    }

    func poll() {
        producer.pollReports(
            { report in
                #expect(reports.updateValue(report, forKey: report.token) == nil, "a second report for one record")
            },
            onError: { errors.append($0) }
        )
    }

    /// Queues a record and returns its token.
    @discardableResult
    func produce(
        _ topic: String,
        partition: Int32? = nil,
        key: [UInt8]? = nil,
        value: [UInt8]? = nil,
        headers: [CopiedRecord.Header] = [],
        timestamp: Int64 = 0
    ) throws -> UInt64 {
        let token = nextToken
        nextToken += 1
        let topic = try producer.topic(topic)
        let error = withBytes(key) { key in
            withBytes(value) { value in
                guard !headers.isEmpty else {
                    return producer.produce(
                        to: topic,
                        partition: partition,
                        key: key,
                        value: value,
                        timestampMilliseconds: timestamp,
                        token: token
                    )
                }
                var packed = KafkaHeaders(capacity: headers.count)
                for header in headers {
                    header.name.withUnsafeBytes { name in
                        withBytes(header.value) { packed.append(name: name, value: $0) }
                    }
                }
                return producer.produce(
                    to: topic,
                    partition: partition,
                    key: key,
                    value: value,
                    headers: packed,
                    timestampMilliseconds: timestamp,
                    token: token
                )
            }
        }
        if let error { throw error }
        return token
    }

    /// Waits until every record has its report.
    func settle(_ count: Int) async throws {
        try await wait("\(count) delivery reports", step: poll) { reports.count >= count }
    }
}

func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}

/// A group member that records what it is told, and reads and gives up what the group says unless the test does that.
final class TestMember {
    let consumer: KafkaConsumer
    var records: [CopiedRecord] = []
    var events: [ConsumerEvent] = []
    /// Partitions that were assigned and neither given up nor lost.
    var held: Set<Int32> = []
    /// Revocations not yet answered.
    var revoked: Set<Int32> = []
    var answersRevocations = true
    /// Whether assigned partitions are read at once; otherwise the test begins that.
    var readsAtOnce = true
    /// Where partitions are read from; the others from their beginning.
    var starts: [Int32: Int64] = [:]

    init(
        _ cluster: LocalKafka,
        topic: String,
        group: String = "group",
        _ properties: KafkaProperties = [:]
    ) throws {
        var all: KafkaProperties = [
            "bootstrap.servers": cluster.bootstrapServers,
            // Longer than the 3 s a mock group waits for its first members; the next rebalances take 1 s less.
            "session.timeout.ms": "3500",
            "heartbeat.interval.ms": "200",
            "fetch.wait.max.ms": "20",
            "reconnect.backoff.max.ms": "200",
        ]
        properties.forEach { all.set($0, to: $1) }
        consumer = try KafkaConsumer(topic: topic, group: group, properties: all, logger: quietLogger)
    }

    func poll() throws {
        var fresh: [ConsumerEvent] = []
        while consumer.poll(
            maxRecords: 500,
            onRecord: { records.append(CopiedRecord($0)) },
            onEvent: { fresh.append($0) }
        ) {}
        for event in fresh {
            events.append(event)
            switch event {
            case .assigned(let partitions):
                held.formUnion(partitions)
                if readsAtOnce {
                    try consumer.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, starts[$0] ?? 0) }))
                }
            case .revoked(let partitions):
                revoked.formUnion(partitions)
                if answersRevocations { try completeRevocation() }
            case .lost(let partitions):
                held.subtract(partitions)
                revoked.subtract(partitions)
            default:
                break
            }
        }
    }

    func completeRevocation() throws {
        try consumer.completeRevocation(Array(revoked))
        held.subtract(revoked)
        revoked = []
    }

    var assignments: Int { events.count { if case .assigned = $0 { true } else { false } } }

    func lost() -> [Int32] {
        events.flatMap { event -> [Int32] in if case .lost(let partitions) = event { partitions } else { [] } }.sorted()
    }

    func revocations() -> [Int32] {
        events.flatMap { event -> [Int32] in
            if case .revoked(let partitions) = event { partitions } else { [] }
        }.sorted()
    }

    var commits: [(error: KafkaError?, offsets: [Int32: Int64])] {
        events.compactMap { event in
            if case .committed(let error, let offsets) = event { (error, offsets) } else { nil }
        }
    }
}

extension KafkaProducer {
    /// The number of records without a report that has been polled, and of other events not yet polled.
    var outstanding: Int { Int(rd_kafka_outq_len(client.handle)) }
}

extension KafkaError {
    /// Whether the record was given up by `purge()` or by closing the producer.
    var isPurged: Bool {
        [RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT].contains { $0.rawValue == code }
    }

    /// Whether time ran out before an answer came.
    var isTimeout: Bool { code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue }
}
