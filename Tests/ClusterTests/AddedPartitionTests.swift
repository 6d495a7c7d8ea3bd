import Foundation
import HTTPTransport
import Testing

extension LocalCluster {
    /// Partitions that are added to topics while pods run. The mock brokers cannot add any, so what lies between them and
    /// the pods shows some of the partitions at first, and then all.
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct AddedPartitionTests {
        private static let partitions = 6
        private static let partitionsAtFirst = 3
        /// The time between two looks at the topics, and a rebalance, in milliseconds.
        private static let limit: Int64 = 45_000

        private static func requests(_ name: String, _ count: Int, due time: Int64) -> [TestRequest] {
            (0..<count).map { TestRequest("\(name)-\($0)", topic: "orders", time: time, payload: name) }
        }

        /// Where the deliveries with this payload went, and how late each was.
        private static func deliveries(
            _ name: String,
            _ cluster: TestCluster
        ) throws -> [(source: Int32, partition: Int32, lateness: Int64)] {
            try cluster.deliveries.records().filter { $0.record.value == Array(name.utf8) }.map { read in
                let id = try #require(read.header("clockwork-id")).split(separator: "/")
                let due = try #require(read.header("clockwork-schedule-time").flatMap { Int64($0) })
                return (try #require(Int32(id[1])), read.partition, read.arrival - due)
            }
        }

        @Test
        func `schedules of an added partition are delivered within tens of seconds, others meanwhile`() async throws {
            let topics = ["orders": Self.partitions]
            try await TestCluster.with(.sqlite, intakePartitions: Self.partitions, topics: topics) { cluster in
                let kafka = try #require(cluster.longPoll)
                for topic in [cluster.intake, "orders"] { kafka.show(partitions: Self.partitionsAtFirst, of: topic) }
                let pod = try cluster.startPod("pod")
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod], ofPartitions: Self.partitionsAtFirst)
                try await APIClient.with(connections: 1) { client in
                    // The pod's producers and its consumer have seen the topics with the partitions they have at first.
                    for request in Self.requests("before", 20, due: nowMilliseconds() + 500) {
                        let outcome = await client.send(request, port: port)
                        guard case .accepted(let partition, _) = outcome else {
                            throw Impatient(description: "\(outcome)")
                        }
                        #expect(partition < Self.partitionsAtFirst)
                    }
                    try await wait("the first deliveries") { try Self.deliveries("before", cluster).count == 20 }
                    #expect(try Self.deliveries("before", cluster).allSatisfy { $0.partition < Self.partitionsAtFirst })

                    for topic in [cluster.intake, "orders"] { kafka.show(partitions: nil, of: topic) }
                    var verifier = Verifier(intake: cluster.intake)
                    // The client knows of the partitions at once.
                    try await cluster.source.send(
                        Self.requests("after", 40, due: nowMilliseconds() + 1_000),
                        &verifier
                    )
                    let expected = verifier.expectedIDs
                    let inNew = expected.filter { verifier.position(of: $0)!.partition >= Self.partitionsAtFirst }
                    try #require(!inNew.isEmpty && inNew.count < expected.count)
                    try await wait("the deliveries from all partitions") {
                        try Self.deliveries("after", cluster).count == expected.count
                    }
                    let after = try Self.deliveries("after", cluster)
                    let latest = after.filter { $0.source >= Self.partitionsAtFirst }.map(\.lateness).max() ?? 0
                    print("added: the latest of \(inNew.count) in new partitions \(latest) ms late")
                    #expect(latest < Self.limit)
                    // What else there was waits for nothing but the rebalance at the most, and was due before it.
                    #expect(after.filter { $0.source < Self.partitionsAtFirst }.allSatisfy { $0.lateness < 5_000 })

                    // The pod says of the new ones what it says of all.
                    try await wait("metrics of all partitions") {
                        let metrics = try await client.metrics(port: port)
                        return (0..<Self.partitions).allSatisfy { partition in
                            metrics.value("clockwork_intake_lag_records{partition=\"\(partition)\"}") != nil
                        }
                    }
                    // Its producers look as often.
                    var round = 0
                    try await wait("requests and deliveries in new partitions") {
                        round += 1
                        var partitions: Set<Int32> = []
                        for request in Self.requests("round-\(round)", 20, due: 0) {
                            guard case .accepted(let partition, _) = await client.send(request, port: port) else {
                                return false
                            }
                            partitions.insert(partition)
                        }
                        try await Task.sleep(for: .milliseconds(500))
                        let delivered = try Self.deliveries("round-\(round)", cluster)
                        return partitions.count == Self.partitions
                            && Set(delivered.map(\.partition)).count == Self.partitions
                    }
                    let findings = verifier.findings(
                        try cluster.deliveries.records().filter { $0.record.value == Array("after".utf8) }
                    )
                    #expect(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                }
            }
        }

        @Test
        func `a schedule in an added partition can be cancelled through a pod that has not seen it yet`() async throws {
            try await TestCluster.with(.dynamoDB, intakePartitions: Self.partitions) { cluster in
                let scheduler = try cluster.startPod("scheduler", options: ["--role", "scheduler"])
                try await cluster.waitForOwners([scheduler])
                let kafka = try LongPollKafka(inFrontOf: cluster.brokers)
                defer { kafka.stop() }
                kafka.show(partitions: Self.partitionsAtFirst, of: cluster.intake)
                let api = try cluster.startPod(
                    "api",
                    ["KAFKA_BROKERS": kafka.bootstrapServers],
                    options: ["--role", "api"]
                )
                let port = try await api.servingPort()
                try await APIClient.with(connections: 1) { client in
                    let due = nowMilliseconds() + 600_000
                    let pending = Self.requests("pending", 20, due: due)
                    let places = try await cluster.source.send(pending.map(\.record))
                    try await cluster.waitUntilSettled()
                    let inNew = zip(pending, places).filter { $1.partition >= Self.partitionsAtFirst }
                    // Its producer has seen the intake as it is at first.
                    let outcome = await client.send(Self.requests("other", 1, due: due)[0], port: port)
                    guard case .accepted = outcome else { throw Impatient(description: "\(outcome)") }

                    kafka.show(partitions: nil, of: cluster.intake)
                    for (request, place) in inNew {
                        let outcome = await client.send(request.cancel, port: port)
                        guard case .accepted(let partition, _) = outcome else {
                            throw Impatient(description: "\(request.key) in partition \(place.partition): \(outcome)")
                        }
                        #expect(partition == place.partition)
                    }
                    try await cluster.waitUntilSettled()
                    let status = try await client.get("/schedule/client/\(inNew[0].0.key)", port: port)
                    #expect(String(decoding: status.body, as: UTF8.self).contains("CANCELLED"))
                }
            }
        }
    }
}
