import Foundation
import Kafka
import Synchronization
import Testing

/// A cluster with everything that can fail in it, and requests that keep coming.
final class World: Sendable {
    let cluster: TestCluster
    let ledger: Ledger
    let callbacks: CallbackHost
    let endpoint: FaultyEndpoint?
    let clock: SteppedClock?
    let disk: SmallDisk?
    private let podSettings: [String: String]

    private struct State {
        /// The pods that are to be running.
        var pods: [PodProcess] = []
        var lastPod = 0
        /// The most memory a pod has been seen to use, in MB.
        var peakMemory = 0
        var problems: [String] = []
    }

    private let state = Mutex(State())

    /// What a world has besides brokers and pods.
    enum Parts {
        /// DynamoDB behind a proxy that can fail.
        case faultyStore
        /// The same, and Kafka clients that are the last to go on after a pod was stopped.
        case lateKafkaClients
        /// A SQLite file on a disk that can be full, and a clock that can be stepped.
        case diskAndClock
        /// A SQLite file, and a clock that can be stepped.
        case clock
    }

    /// Runs `body` with a world, and stops everything after it.
    static func with(
        _ parts: Parts,
        seed: UInt64,
        intakePartitions: Int = 6,
        topics: [String: Int] = ["orders": 3, "payments": 2],
        sessionTimeout: Int = 4_000,
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let hasEndpoint = parts == .faultyStore || parts == .lateKafkaClients
            let endpoint = hasEndpoint ? try await FaultyEndpoint(folder: folder, seed: seed) : nil
            let clock = parts == .faultyStore ? nil : try await SteppedClock(folder: folder)
            let extra = parts == .lateKafkaClients ? clock?.lateKafkaClient : clock?.environment
            let disk = parts == .diskAndClock ? try SmallDisk(path: folder + "/disk", megabytes: 48) : nil
            let callbacks = CallbackHost(checksLimits: hasEndpoint)
            defer {
                callbacks.stop()
                endpoint?.stop()
                disk?.remove()
            }
            try await TestCluster.with(
                endpoint == nil ? .sqlite : .dynamoDB,
                intakePartitions: intakePartitions,
                topics: topics,
                endpoint: endpoint?.url,
                reader: .independent,
                sessionTimeout: sessionTimeout
            ) { cluster in
                try await body(World(cluster, seed, extra ?? [:], callbacks, endpoint, clock, disk))
            }
        }
    }

    private init(
        _ cluster: TestCluster,
        _ seed: UInt64,
        _ podSettings: [String: String],
        _ callbacks: CallbackHost,
        _ endpoint: FaultyEndpoint?,
        _ clock: SteppedClock?,
        _ disk: SmallDisk?
    ) {
        self.cluster = cluster
        self.podSettings = podSettings
        self.callbacks = callbacks
        self.endpoint = endpoint
        self.clock = clock
        self.disk = disk
        ledger = Ledger(cluster, callbacks: callbacks.urls, seed: seed)
    }

    /// The brokers.
    var kafka: LocalKafka {
        get throws {
            guard let kafka = cluster.local else { throw Impatient(description: "no brokers that can fail") }
            return kafka
        }
    }

    /// What lies between pods and brokers.
    var longPoll: LongPollKafka {
        get throws {
            guard let kafka = cluster.longPoll else { throw Impatient(description: "nothing in front of the brokers") }
            return kafka
        }
    }

    // MARK: Pods

    /// The pods that are to be running.
    var pods: [PodProcess] { state.withLock { $0.pods } }

    @discardableResult
    func addPod() throws -> PodProcess {
        let pod = try startPod()
        state.withLock { $0.pods.append(pod) }
        return pod
    }

    /// Starts a pod that is not one of those that are to be running.
    func startPod(_ extra: [String: String] = [:], errors: ChildProcess.Errors = .kept) throws -> PodProcess {
        let number = state.withLock { state in
            state.lastPod += 1
            return state.lastPod
        }
        var settings = podSettings.merging(extra) { $1 }
        settings["CALLBACK_ALLOW_PRIVATE"] = "true"
        if let disk { settings["SQLITE_PATH"] = disk.path + "/clockwork.db" }
        // Local brokers do not compare sequence numbers. With several requests under way they would take a later one
        // after they have refused an earlier one, from which librdkafka concludes that they have both.
        if TestCluster.realBrokers == nil { settings["KAFKA_PROPERTY_MAX_IN_FLIGHT"] = "1" }
        return try cluster.startPod("pod-\(number)", settings, errors: errors)
    }

    func removePod(_ pod: PodProcess) {
        noteMemory()
        state.withLock { $0.pods.removeAll { $0.process.pid == pod.process.pid } }
    }

    /// Ends a pod in order, within the contract's time.
    func terminate(_ pod: PodProcess) async throws {
        let start = ContinuousClock.now
        note(pod)
        removePod(pod)
        pod.process.send(SIGTERM)
        let exit = try await pod.process.waitForExit()
        let duration = ContinuousClock.now - start
        if exit != .code(0) || duration > .seconds(10) {
            report("\(pod.name) was told to end and did with \(exit) after \(duration)")
        }
    }

    /// Waits until the pods share the partitions.
    func waitForOwners() async throws {
        try await cluster.waitForOwners(pods)
    }

    /// Waits until all has been delivered that has been due for half a second, what falls due in the next seconds included.
    func waitUntilOnTime() async throws {
        try await Task.sleep(for: .seconds(2))
        try await wait("deliveries to be on time") {
            try await Task.sleep(for: .milliseconds(250))
            let limit = nowMilliseconds() - 500
            let due = await ledger.verifier.ids { $0 < limit }
            let records = try cluster.deliveries.records() + callbacks.records
            return due.subtracting(records.compactMap { $0.header("clockwork-id") }).isEmpty
        }
    }

    // MARK: What was seen

    /// Something that must not be.
    func report(_ problem: String) {
        state.withLock { $0.problems.append(problem) }
    }

    var problems: [String] { state.withLock { $0.problems } + callbacks.problems }

    /// Looks at the pods: none ends by itself, and their memory is bounded.
    func noteMemory() {
        for pod in pods { note(pod) }
    }

    private func note(_ pod: PodProcess) {
        if let exit = pod.process.exit { report("\(pod.name) has ended by itself with \(exit)") }
        let memory = ((try? pod.peakResidentBytes) ?? 0) >> 20
        state.withLock { $0.peakMemory = max($0.peakMemory, memory) }
    }

    /// The most memory a pod has been seen to use, in MB.
    var peakMemory: Int { state.withLock { $0.peakMemory } }

    /// Runs `body` while requests keep coming; then waits for all deliveries and says what became of them.
    func report(
        requests number: Int = 5,
        due: Range<Int64> = 3_000..<5_000,
        far: Range<Int64> = 5_000..<8_000,
        while body: () async throws -> [Incident]
    ) async throws -> IncidentReport {
        async let sending: Void = ledger.keepSending(number, due: due, far: far)
        let result: Result<[Incident], any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await ledger.stop()
        try await sending
        let incidents = try result.get()
        var verifier = await ledger.verifier
        verifier.outages = incidents.filter(\.holdsUpReading).map { ($0.begin, $0.end) }
        let records = try await cluster.allDeliveries(verifier) { callbacks.records }
        noteMemory()
        return IncidentReport(incidents, verifier.findings(records))
    }
}
