import Kafka
import Logging
import PrometheusMetrics
import Runtime
import Scheduling
import Synchronization

@testable import ClockworkService

/// A topic channel over a local cluster, whose turns the test takes.
final class ChannelRig {
    static let letters = "letters"
    static let owner: UInt32 = 1

    let kafka: LocalKafka
    let channel: TopicChannel
    let log = Log()
    private(set) var delivered: Set<UInt32> = []
    private(set) var failed: [UInt32: DeliveryFailure] = [:]
    /// The offsets of requests whose dead letters have been written.
    private(set) var lettered: Set<Int64> = []

    /// The lines of the channel and of its producers.
    final class Log: Sendable {
        private let kept = Mutex<[String]>([])

        var lines: [String] { kept.withLock { $0 } }

        func keep(_ line: String) {
            kept.withLock { $0.append(line) }
        }
    }

    private struct Handler: LogHandler {
        let log: Log
        var logLevel = Logger.Level.notice
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.keep("\(event.message)")
        }
    }

    init(_ kafka: LocalKafka, allow: [String] = [], _ more: KafkaProperties = [:]) throws {
        self.kafka = kafka
        // Several in flight would be taken in any order by a mock broker that has refused one.
        var properties: KafkaProperties = [
            "bootstrap.servers": kafka.bootstrapServers, "max.in.flight": "1", "linger.ms": "20",
            "retry.backoff.ms": "50", "reconnect.backoff.max.ms": "200",
        ]
        more.forEach { properties.set($0, to: $1) }
        let log = log
        channel = try TopicChannel(
            properties: properties,
            deadLetterTopic: Self.letters,
            policy: TopicPolicy(intakeTopic: "intake", deadLetterTopic: Self.letters, allow: allow),
            deliveredHeaders: DeliveredHeaders(topic: "intake"),
            wakeDescriptor: -1,
            metrics: MetricsRegistry(Metric.all),
            logger: Logger(label: "test") { _ in Handler(log: log) }
        )
        channel.begin(owner: Self.owner)
    }

    private var now: Moment { Moment(wall: WallClock.now(), uptime: .now()) }
    private var sender: Sender { Sender(owner: Self.owner, partition: 0) }

    /// Deliveries with these tokens, each with an ordering key of its own.
    func send(_ tokens: Range<UInt32>, to topic: String) {
        for token in tokens {
            let schedule = Schedule(
                key: ScheduleKey(clientID: "c", scheduleKey: "k\(token)"),
                position: Position(time: .zero, offset: Int64(token)),
                orderingKey: "o\(token)",
                target: .topic(topic),
                payload: [UInt8](repeating: 7, count: 10),
                headers: RecordHeaders()
            )
            channel.send(Delivery(token: token, schedule: schedule), of: sender, now: now)
        }
    }

    /// The dead letter of a request at this offset.
    func sendLetter(_ offset: Int64, key: [UInt8]?, value: [UInt8] = [1]) {
        let rejected = RequestBatcher.RejectedRecord(
            rejection: Rejection(code: .invalidJSON, errors: [], detail: "Not JSON."),
            offset: offset,
            key: key,
            value: value,
            headers: RecordHeaders()
        )
        channel.deadLetter(rejected, of: sender, now: now)
    }

    /// Takes turns until `isDone`, or for so long.
    func turn(for duration: Duration = .seconds(60), until isDone: () -> Bool = { false }) async throws {
        let deadline = ContinuousClock.now + duration
        while !isDone(), ContinuousClock.now < deadline {
            let outcome = channel.takeOutcome(now: now)
            delivered.formUnion(outcome.delivered[Self.owner] ?? [])
            for (token, failure) in outcome.failed[Self.owner] ?? [] { failed[token] = failure }
            lettered.formUnion(outcome.rejectionsDeadLettered[Self.owner] ?? [])
            for check in channel.takeWantedChecks(now: now) {
                let answer = try? await check.ask(timeout: .seconds(2))
                channel.topicChecked(check.topic, answer ?? .none, now: now)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    var obstacles: [String] {
        var obstacles = Obstacles()
        channel.note(in: &obstacles, now: now.uptime)
        return obstacles.told(now: now.uptime).map(\.reason)
    }

    /// Keys and values of the dead letters.
    func letters() throws -> [(key: [UInt8]?, value: [UInt8]?)] {
        let reader = try KafkaReader(
            topic: Self.letters,
            from: .beginning,
            properties: ["bootstrap.servers": kafka.bootstrapServers, "fetch.wait.max.ms": "10"],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            timeout: .seconds(10)
        )
        var letters: [(key: [UInt8]?, value: [UInt8]?)] = []
        while !reader.isAtEnd {
            try reader.poll(timeout: .milliseconds(100)) { record in
                letters.append((record.key.map { Array($0) }, record.value.map { Array($0) }))
            }
        }
        return letters
    }
}
