import Foundation
import HTTPTransport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct LogGenerationTests {
        /// How long the intake is away.
        enum Absence: CaseIterable, Sendable {
            /// No client sees that it is.
            case unseen
            /// Until a pod has noticed.
            case noticed
        }

        @Test(
            arguments: StoreKind.allCases,
            Absence.allCases
        )
        func `a recreated intake keeps old requests and takes new`(store: StoreKind, absence: Absence) async throws {
            try await TestCluster.with(store, isRecreatable: true) { cluster in
                let kafka = try #require(cluster.recreatable)
                // A file has one process.
                let pods = try (store == .sqlite ? ["pod"] : ["pod-1", "pod-2"]).map { try cluster.startPod($0) }
                try await cluster.waitForOwners(pods)
                var verifier = Verifier(intake: cluster.intake)
                let start = nowMilliseconds()
                try await cluster.source.send(Self.requests("soon", 700, from: start + 1_000), &verifier)
                try await cluster.source.send(Self.requests("pending", 200, from: start + 30_000), &verifier)
                let replaced = Self.requests("replaced", 100, from: start + Self.hour)
                try await cluster.source.send(replaced, &verifier)
                try await cluster.waitUntilSettled()

                try kafka.deleteTopic(cluster.intake)
                if absence == .noticed {
                    try await wait("a pod to notice") {
                        Self.hasNoticed(pods)
                    }
                }
                try kafka.createTopic(cluster.intake, partitions: cluster.intakePartitions)
                verifier.generation = 1
                try await cluster.source.send(Self.requests("first", 50, from: nowMilliseconds() + 1_000), &verifier)
                // Before it is seen, what is read of a log that has outgrown the old one has ids of the old one.
                try await wait("the new log to be seen") { Self.newLogs(pods).count == cluster.intakePartitions }
                try await cluster.source.send(Self.again(replaced, from: nowMilliseconds() + 1_000), &verifier)
                try await cluster.source.send(Self.requests("new", 1_900, from: nowMilliseconds() + 2_000), &verifier)

                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                print("recreatedIntake (\(store), \(absence)): \(findings)")
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                try await Self.stop(pods)
                #expect(Self.newLogs(pods) == Self.everyPartition(cluster, [1]))
                let content = try await cluster.storeContent()
                #expect(content.pending == 0)
                #expect(content.generations == Self.everyPartition(cluster, 1))
            }
        }

        @Test(
            arguments: StoreKind.allCases,
            Absence.allCases
        )
        func `an overgrown new log loses nothing, repeats nothing`(store: StoreKind, absence: Absence) async throws {
            try await TestCluster.with(store, isRecreatable: true) { cluster in
                let kafka = try #require(cluster.recreatable)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                var verifier = Verifier(intake: cluster.intake)
                try await cluster.source.send(Self.requests("old", 1_000, from: nowMilliseconds()), &verifier)
                _ = try await cluster.allDeliveries(verifier)

                let first = Self.requests("first", 50, from: nowMilliseconds() + 500)
                let next = Self.requests("next", 2_000, from: nowMilliseconds() + 500)
                let sent = first + next
                switch absence {
                case .unseen:
                    // Filled between two fetches.
                    try await kafka.replaceTopic(cluster.intake, partitions: cluster.intakePartitions) { source in
                        _ = try await source.send(sent.map(\.record))
                    }
                case .noticed:
                    try kafka.deleteTopic(cluster.intake)
                    try kafka.createTopic(cluster.intake, partitions: cluster.intakePartitions)
                    _ = try await cluster.source.send(first.map(\.record))
                    _ = try await cluster.source.send(next.map(\.record))
                }

                // By what they carry: what is read before the log is seen to be new has ids of the old one.
                let wanted = Set(sent.map(\.payload))
                var counts: [[UInt8]?: Int] = [:]
                try await wait("all deliveries") {
                    let values = try cluster.deliveries.records().map(\.record.value).filter(wanted.contains)
                    counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
                    return counts.count == wanted.count
                }
                try await wait("the new log to be seen") { Self.newLogs([pod]).count == cluster.intakePartitions }
                try await cluster.waitUntilSettled()
                print("overgrownIntake (\(store), \(absence)): \(counts.values.count { $0 > 1 }) repeats")
                #expect(counts.values.allSatisfy { $0 == 1 })
                try await Self.stop([pod])
                #expect(Self.newLogs([pod]) == Self.everyPartition(cluster, [1]))
                let content = try await cluster.storeContent()
                #expect(content.pending == 0)
                #expect(content.generations == Self.everyPartition(cluster, 1))
            }
        }

        @Test(
            arguments: StoreKind.allCases
        )
        func `pods that move to another cluster keep their pending schedules`(store: StoreKind) async throws {
            try await TestCluster.with(store) { old in
                try await TestCluster.with(store) { new in
                    let start = nowMilliseconds()
                    let before = try old.startPod("before")
                    try await old.waitForOwners([before])
                    var atOld = Verifier(intake: old.intake)
                    var atNew = Verifier(intake: new.intake)
                    let delivered = Self.requests("delivered", 700, from: start + 1_000)
                    try await old.source.send(delivered, &atOld)
                    let replaced = Self.requests("replaced", 200, from: start + Self.hour)
                    try await old.source.send(replaced, &atNew)
                    var findings = atOld.findings(try await old.allDeliveries(atOld))
                    try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                    let later = nowMilliseconds() + 30_000
                    try await old.source.send(Self.requests("pending", 100, from: later), &atNew)
                    try await old.waitUntilSettled()
                    try await Self.stop([before])

                    // Some are there before the pod is.
                    atNew.generation = 1
                    try await new.source.send(Self.again(replaced.prefix(60), from: nowMilliseconds()), &atNew)
                    try await new.source.send(delivered.suffix(20), &atNew, areDuplicates: true)
                    let after = try new.startPod("after", old.storeSettings)
                    try await new.waitForOwners([after])
                    let soon = nowMilliseconds() + 1_000
                    try await new.source.send(Self.again(replaced.dropFirst(60), from: soon), &atNew)
                    try await new.source.send(Self.again(delivered.prefix(100), from: soon), &atNew)
                    try await new.source.send(Self.requests("new", 300, from: soon), &atNew)

                    findings = atNew.findings(try await new.allDeliveries(atNew))
                    print("anotherCluster (\(store)): \(findings)")
                    try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                    try await Self.stop([after])
                    #expect(Self.newLogs([after]) == Self.everyPartition(new, [1]))
                    let content = try await old.storeContent()
                    #expect(content.pending == 0)
                    #expect(content.generations == Self.everyPartition(new, 1))
                }
            }
        }

        @Test(
            arguments: StoreKind.allCases
        )
        func `a group whose offsets are deleted goes on where its pods have stopped`(store: StoreKind) async throws {
            try await TestCluster.with(store, isRecreatable: true) { cluster in
                let kafka = try #require(cluster.recreatable)
                var verifier = Verifier(intake: cluster.intake)
                let before = try cluster.startPod("before")
                try await cluster.waitForOwners([before])
                let start = nowMilliseconds()
                try await cluster.source.send(Self.requests("soon", 700, from: start + 1_000), &verifier)
                _ = try await cluster.allDeliveries(verifier)
                try await cluster.source.send(Self.requests("pending", 200, from: start + 30_000), &verifier)
                try await cluster.waitUntilSettled()
                try await Self.stop([before])

                kafka.deleteGroup(cluster.group)
                #expect(try cluster.committedOffsets() == Self.everyPartition(cluster, 0))
                // Some are there before the pod is.
                try await cluster.source.send(Self.requests("unread", 100, from: nowMilliseconds()), &verifier)
                let after = try cluster.startPod("after")
                try await cluster.waitForOwners([after])
                try await cluster.source.send(Self.requests("new", 100, from: nowMilliseconds() + 1_000), &verifier)

                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                print("deletedOffsets (\(store)): \(findings)")
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                // Key records would hide a delivered request that is read again; its count would not.
                var read = 0
                try await wait("all new requests to be counted") {
                    read = try await Self.createsRead(after)
                    return read >= 200
                }
                #expect(read == 200)
                try await Self.stop([after])
                #expect(Self.newLogs([after]).isEmpty)
                let content = try await cluster.storeContent()
                #expect(content.pending == 0)
                #expect(content.generations == Self.everyPartition(cluster, 0))
            }
        }

        // MARK: Parts

        private static let hour: Int64 = 3_600_000

        /// Requests of keys of their own, each due 2 ms after the one before.
        private static func requests(_ name: String, _ count: Int, from start: Int64) -> [TestRequest] {
            (0..<count).map { number in
                TestRequest(
                    "\(name)-\(number)",
                    topic: number % 2 == 0 ? "orders" : "payments",
                    time: start + Int64(number) * 2,
                    payload: "\(name) \(number)"
                )
            }
        }

        /// The keys of `requests` once more.
        private static func again(_ requests: some Sequence<TestRequest>, from start: Int64) -> [TestRequest] {
            requests.enumerated().map { number, request in
                var request = request
                request.time = start + Int64(number) * 2
                request.payload = Array("again \(number)".utf8)
                return request
            }
        }

        private static func stop(_ pods: [PodProcess]) async throws {
            for pod in pods { pod.process.send(SIGTERM) }
            for pod in pods { #expect(try await pod.process.waitForExit() == .code(0), "\(pod.name)") }
        }

        /// How many creates a pod has read, repeats included.
        private static func createsRead(_ pod: PodProcess) async throws -> Int {
            try await APIClient.with(connections: 1) { api in
                let page = try await api.get("/metrics", port: try #require(pod.port))
                return String(decoding: page.body, as: UTF8.self).split(separator: "\n")
                    .filter { $0.hasPrefix("clockwork_requests_total{") && $0.contains("kind=\"create\"") }
                    .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
            }
        }

        /// Whether a pod has seen that the intake is gone: by its own look, or by librdkafka's, which takes the
        /// partitions away in newer versions.
        private static func hasNoticed(_ pods: [PodProcess]) -> Bool {
            pods.contains { pod in
                pod.log.contains { $0.message.contains("may have been replaced") || $0.message == "lost" }
            }
        }

        /// The generations that pods have warned of, by partition.
        private static func newLogs(_ pods: [PodProcess]) -> [Int32: [Int64]] {
            pods.flatMap(\.log).reduce(into: [:]) { logs, line in
                guard line.level == "warning", line.message.contains("is not the one that was read before"),
                    let partition = line.metadata?["partition"].flatMap({ Int32($0) }),
                    let generation = line.metadata?["generation"].flatMap({ Int64($0) })
                else { return }
                logs[partition, default: []].append(generation)
            }
        }

        private static func everyPartition<Value>(_ cluster: TestCluster, _ value: Value) -> [Int32: Value] {
            Dictionary(uniqueKeysWithValues: (0..<Int32(cluster.intakePartitions)).map { ($0, value) })
        }
    }
}
