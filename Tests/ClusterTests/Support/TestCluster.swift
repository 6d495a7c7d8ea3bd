import DynamoDB
import Foundation
import HTTPTransport
import Kafka
import KafkaFaults
import ScheduleStores
import Scheduling
import Synchronization
import Testing

/// A Kafka cluster, a store and pods: everything one test needs, with names and files of its own.
///
/// Kafka is a `LocalKafka` in this process, or the cluster of `KAFKA_BROKERS` where that is set: there each test makes
/// topics with names of its own.
final class TestCluster: Sendable {
    /// The broker list of a real cluster.
    static let realBrokers = ProcessInfo.processInfo.environment["KAFKA_BROKERS"]

    /// The cluster in this process, for its faults; `nil` with a real one.
    let local: LocalKafka?
    /// What stands in front of it and serves fetches as real brokers do; `nil` with a real one.
    let longPoll: LongPollKafka?
    /// What stands in front of that, where topics are to be deleted.
    let recreatable: RecreatableKafka?
    let brokers: String
    let folder: String
    /// In front of every topic's name; empty in a local cluster.
    let prefix: String
    let intakePartitions: Int
    /// The delivery topics, by the names that tests use.
    private let partitionsOfTopic: [String: Int]
    private let settings: [String: String]
    private let children = Mutex<[PodProcess]>([])
    let probe: KafkaProbe
    let source: RequestSource
    /// Reads every delivery topic.
    let deliveries: DeliveryLog
    /// Reads the dead-letter topic.
    let deadLetters: DeliveryLog

    var group: String { prefix + "scheduler" }
    /// Every topic with its partitions, by its real name.
    var allTopics: [(name: String, partitions: Int)] {
        partitionsOfTopic.map { (topic($0.key), $0.value) } + [(intake, intakePartitions), (deadLetterTopic, 1)]
    }
    var intake: String { prefix + "schedule-create" }
    var deadLetterTopic: String { prefix + "schedule-dead-letters" }

    /// Who reads the delivery topics.
    enum Reader {
        /// Clockwork's own reader.
        case own
        /// A process with a Kafka client that Clockwork has no part in.
        case independent
    }

    /// Runs `body` with a cluster, and stops everything after it.
    ///
    /// - Parameters:
    ///   - topics: the delivery topics with their partitions.
    ///   - endpoint: the DynamoDB endpoint, if not the given one.
    ///   - reader: who reads the delivery topics.
    ///   - sessionTimeout: the pods', with a local cluster, in milliseconds.
    ///   - isRecreatable: whether topics and the group can be deleted, in a local cluster.
    static func with(
        _ store: StoreKind,
        intakePartitions: Int = 3,
        topics: [String: Int] = ["orders": 3, "payments": 2],
        endpoint: String? = nil,
        reader: Reader = .own,
        sessionTimeout: Int = 4_000,
        isRecreatable: Bool = false,
        _ body: (TestCluster) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let settings = try store.settings(folder: folder, endpoint: endpoint)
            if store == .dynamoDB {
                var direct = settings
                direct["AWS_ENDPOINT_URL_DYNAMODB"] = try DynamoDBEndpoint.url
                let tables = try await Clockwork.run(["tables", "create"], environment: direct)
                try #require(tables.exit == .code(0), "\(tables.errors)")
            }
            let cluster = try TestCluster(
                folder,
                settings,
                intakePartitions,
                topics,
                reader,
                sessionTimeout,
                isRecreatable
            )
            do {
                try await body(cluster)
                await cluster.stop()
            } catch {
                await cluster.stop()
                throw TestFailure(error: error, log: cluster.logTail)
            }
        }
    }

    private init(
        _ folder: String,
        _ settings: [String: String],
        _ intakePartitions: Int,
        _ topics: [String: Int],
        _ reader: Reader,
        _ sessionTimeout: Int,
        _ isRecreatable: Bool
    ) throws {
        self.folder = folder
        self.intakePartitions = intakePartitions
        partitionsOfTopic = topics
        prefix = Self.realBrokers == nil ? "" : "t\(UUID().uuidString.prefix(8))-"
        var all = topics
        all["schedule-create"] = intakePartitions
        all["schedule-dead-letters"] = 1
        let named = Dictionary(uniqueKeysWithValues: all.map { [prefix] in (prefix + $0.key, $0.value) })
        // With one broker a recreated topic has the leader that clients know.
        local = Self.realBrokers == nil ? try LocalKafka(brokers: isRecreatable ? 1 : 3, topics: named) : nil
        // Pods have the fetch wait of every consumer, and brokers that serve it as real ones do, at some distance.
        let longPoll = try local.map { try LongPollKafka(inFrontOf: $0.bootstrapServers) }
        self.longPoll = longPoll
        recreatable =
            isRecreatable ? try local.map { try RecreatableKafka($0, at: longPoll!.bootstrapServers) } : nil
        brokers = Self.realBrokers ?? recreatable?.bootstrapServers ?? longPoll!.bootstrapServers
        // The test itself sees the cluster, whatever lies between that and the pods.
        let direct = recreatable?.bootstrapServers ?? local?.bootstrapServers ?? brokers
        probe = try KafkaProbe(brokers: direct, group: prefix + "scheduler")
        if local == nil {
            let admin = try KafkaAdmin(brokers: direct)
            for (name, partitions) in named {
                try admin.createTopic(name, partitions: partitions, timeout: .seconds(10))
            }
        }
        var properties: KafkaProperties = ["bootstrap.servers": direct, "reconnect.backoff.max.ms": "200"]
        var ofSource = properties
        // Where brokers refuse requests, see `World.addPod`.
        if local != nil { ofSource.set("max.in.flight", to: "1") }
        source = try RequestSource(topic: prefix + "schedule-create", properties: ofSource)
        // A local broker lets an empty fetch wait its whole time.
        properties.set("fetch.wait.max.ms", to: "10")
        let read = topics.keys.sorted().map { [prefix] in prefix + $0 }
        deliveries =
            switch reader {
            case .own: DeliveryLog(topics: read, properties: properties)
            case .independent: try DeliveryLog(topics: read, brokers: direct, files: folder + "/reader")
            }
        deadLetters = DeliveryLog(topics: [prefix + "schedule-dead-letters"], properties: properties)
        self.settings = settings.merging([
            "KAFKA_BROKERS": brokers,
            "KAFKA_CONSUMER_GROUP": prefix + "scheduler",
            "SCHEDULE_CREATE_KAFKA_TOPIC": prefix + "schedule-create",
            "DEAD_LETTER_KAFKA_TOPIC": prefix + "schedule-dead-letters",
            // The least a real cluster takes by default; a local one waits 3 s for a group's first members.
            "KAFKA_PROPERTY_SESSION_TIMEOUT_MS": Self.realBrokers == nil ? "\(sessionTimeout)" : "6000",
            "KAFKA_PROPERTY_HEARTBEAT_INTERVAL_MS": "200",
            "KAFKA_PROPERTY_RECONNECT_BACKOFF_MAX_MS": "500",
            // Pods of one host, each with an HTTP API of its own.
            "APP_PORT": "0",
            // No balancer has to notice the end of a pod.
            "SHUTDOWN_DELAY": "0s",
            "LOG_FORMAT": "json",
        ]) { $1 }
    }

    /// The real name of a delivery topic.
    func topic(_ name: String) -> String { prefix + name }

    // MARK: Pods

    /// What a pod or a client command is given as environment.
    func environment(_ extra: [String: String] = [:]) -> [String: String] {
        Clockwork.baseEnvironment.merging(settings) { $1 }.merging(extra) { $1 }
    }

    /// Starts a pod.
    ///
    /// - Parameters:
    ///   - options: of `clockwork serve`.
    ///   - errors: what becomes of its log.
    func startPod(
        _ name: String,
        _ extra: [String: String] = [:],
        options: [String] = [],
        errors: ChildProcess.Errors = .kept
    ) throws -> PodProcess {
        let number = children.withLock { $0.count }
        let process = try ChildProcess(
            Clockwork.path,
            ["serve"] + options,
            environment: environment(["POD_NAME": name].merging(extra) { $1 }),
            errors: errors,
            files: "\(folder)/\(name)-\(number)"
        )
        let pod = PodProcess(name: name, process: process)
        children.withLock { $0.append(pod) }
        return pod
    }

    /// Waits until these pods share all intake partitions, each owned by one of them.
    ///
    /// - Parameter count: how many partitions there are for the pods, where they do not see all of them.
    func waitForOwners(_ pods: [PodProcess], ofPartitions count: Int? = nil) async throws {
        let count = count ?? intakePartitions
        try await wait("\(pods.map(\.name)) to own all partitions") {
            for pod in pods {
                if let exit = pod.process.exit { throw Impatient(description: "\(pod.name) has ended with \(exit)") }
            }
            let owned = pods.map(\.partitions)
            return owned.reduce(0) { $0 + $1.count } == count
                && owned.reduce(into: Set()) { $0.formUnion($1) }.count == count
                && owned.allSatisfy { !$0.isEmpty }
        }
    }

    private func stop() async {
        for child in children.withLock({ $0 }) {
            child.process.send(SIGKILL)
            _ = try? await child.process.waitForExit()
        }
        deliveries.stop()
        deadLetters.stop()
        recreatable?.stop()
        longPoll?.stop()
    }

    private var logTail: String {
        children.withLock { $0 }.map { pod in
            "--- \(pod.name) (\(pod.process.exit.map(String.init(describing:)) ?? "running"))\n"
                + pod.process.errors.split(separator: "\n").suffix(25).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    // MARK: Progress

    /// What the group has committed, and where the intake ends.
    func committedOffsets() throws -> [Int32: Int64] {
        try probe.committed(intake, partitions: intakePartitions)
    }

    /// Waits until the group has committed every request, which says that each is settled.
    func waitUntilSettled() async throws {
        try await wait("all offsets to be committed") {
            try self.committedOffsets() == self.probe.ends(self.intake, partitions: self.intakePartitions)
        }
    }

    /// Waits until all that `verifier` expects has been delivered and every request is settled; then gives everything
    /// that is in the delivery topics.
    ///
    /// - Parameter callbacks: gives what was delivered elsewhere, as records.
    func allDeliveries(
        _ verifier: Verifier,
        and callbacks: () -> [ReadRecord] = { [] }
    ) async throws -> [ReadRecord] {
        var ends = 0
        do {
            try await wait("all deliveries") {
                let records = try self.deliveries.records() + callbacks()
                guard records.count > ends || ends == 0 else { return false }
                ends = records.count
                return verifier.isComplete(records)
            }
        } catch {
            throw TestFailure(error: error, log: "\(verifier.findings(try deliveries.records() + callbacks()))")
        }
        try await waitUntilSettled()
        for (name, partitions) in partitionsOfTopic {
            let ends = try probe.ends(topic(name), partitions: partitions)
            try await wait("the end of \(name)") {
                ends.allSatisfy { self.deliveries.next(self.topic(name), $0.key) >= $0.value }
            }
        }
        return try deliveries.records() + callbacks()
    }

    /// The progress records in DynamoDB.
    func progress() async throws -> [PartitionProgress] {
        try await withDynamoDB { try await $0.progress() }
    }

    /// Lends the pods' DynamoDB store, by way of the real endpoint.
    func withDynamoDB<Result>(_ body: (DynamoDBScheduleStore) async throws -> Result) async throws -> Result {
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        defer { http.close() }
        func setting(_ name: String) -> String { settings[name] ?? "" }
        let client = DynamoDBClient(
            configuration: DynamoDBClient.Configuration(
                endpoint: try DynamoDBEndpoint.url,
                region: setting("AWS_REGION")
            ),
            credentials: StaticCredentials(
                Credentials(
                    accessKeyID: setting("AWS_ACCESS_KEY_ID"),
                    secretAccessKey: setting("AWS_SECRET_ACCESS_KEY")
                )
            ),
            http: http,
            logger: quietLogger
        )
        var tables = DynamoDBScheduleStore.Configuration()
        tables.scheduleTable = setting("SCHEDULE_DB")
        tables.progressTable = setting("PARTITION_EXEC_DB")
        let store = DynamoDBScheduleStore(client: client, configuration: tables, logger: quietLogger) {
            EpochMilliseconds(rawValue: nowMilliseconds())
        }
        return try await body(store)
    }

    /// Every dead letter, once there are `count`.
    func allDeadLetters(_ count: Int) async throws -> [ReadRecord] {
        try await wait("\(count) dead letters") { try self.deadLetters.records().count >= count }
        return try deadLetters.records()
    }
}

/// Why a test cannot go on, with what the pods have logged.
struct TestFailure: Error, CustomStringConvertible {
    let error: any Error
    let log: String

    var description: String { "\(error)\n\(log)" }
}
