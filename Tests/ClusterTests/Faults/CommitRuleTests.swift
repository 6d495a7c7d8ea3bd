import ScheduleStores
import Scheduling
import TestSupport
import Testing

extension LocalCluster {
    /// The design's rule "Settled", seen from outside.
    @Suite(.timeLimit(.minutes(5)))
    struct CommitRuleTests {
        /// What was seen of a partition: first the group's offset, then the store.
        private struct Look {
            var partition: Int32
            var committed: Int64
            /// The offsets of the creates whose timeline items were there.
            var stored: Set<Int64>
            /// Epoch milliseconds, after both.
            var time: Int64
        }

        private static func look(_ cluster: TestCluster) async throws -> [Look] {
            var looks: [Look] = []
            for partition in 0..<Int32(cluster.intakePartitions) {
                let committed = try cluster.committedOffsets()[partition, default: 0]
                let page = try await cluster.withDynamoDB {
                    try await $0.page(partition: partition, after: .beforeAll, through: .maximum, limit: 10_000)
                }
                let stored = Set(page.items.map(\.schedule.position.offset))
                looks.append(
                    Look(partition: partition, committed: committed, stored: stored, time: nowMilliseconds())
                )
            }
            return looks
        }

        @Test
        func `committed offsets never pass a request that is not stored, delivered or dead-lettered`() async throws {
            let seed = seed("settled")
            try await withTemporaryFolder { folder in
                let endpoint = try await FaultyEndpoint(folder: folder, seed: seed)
                defer { endpoint.stop() }
                try await TestCluster.with(.dynamoDB, endpoint: endpoint.url) { cluster in
                    var verifier = Verifier(intake: cluster.intake)
                    var traffic = Traffic(cluster, seed: seed)
                    let pod = try cluster.startPod("pod")
                    try await cluster.waitForOwners([pod])
                    try await traffic.send(40, due: 4_000..<8_000, &verifier)
                    try await cluster.waitUntilSettled()

                    var looks: [Look] = []
                    var refused: [(partition: Int32, offset: Int64)] = []
                    for faults in [
                        FaultyEndpoint.Faults(error: 1), .init(half: 0.9), .init(drop: 0.5, half: 0.5),
                        .init(delay: 0.3, unprocessed: 0.8),
                    ] {
                        try endpoint.set(faults)
                        for _ in 0..<4 {
                            try await traffic.send(12, due: 3_000..<6_000, &verifier)
                            try await traffic.send(8, due: 12_000..<15_000, &verifier)
                            refused += try await cluster.source.send([TestRecord(key: "refused", value: "no request")])
                            looks += try await Self.look(cluster)
                            try await Task.sleep(for: .milliseconds(200))
                        }
                    }
                    let isAhead =
                        try cluster.committedOffsets()
                        != cluster.probe.ends(
                            cluster.intake,
                            partitions: cluster.intakePartitions
                        )
                    #expect(isAhead, "the store was no hindrance, and so this shows nothing")
                    try endpoint.set(FaultyEndpoint.Faults())
                    let records = try await cluster.allDeliveries(verifier)
                    let findings = verifier.findings(records)
                    try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                    let letters = try await cluster.allDeadLetters(refused.count)

                    let delivered = Self.times(records, "clockwork-id")
                    let deadLettered = Self.times(letters, "clockwork-source")
                    var passed = 0
                    for look in looks {
                        for create in verifier.creates where create.partition == look.partition {
                            guard create.offset < look.committed else { continue }
                            passed += 1
                            let isGone = create.withdrawnBy.map { $0 < look.committed } ?? false
                            let isStored = look.stored.contains(create.offset)
                            if isGone {
                                #expect(!isStored, "\(create.id): what withdrew it is committed, and it is there")
                            } else if create.withdrawnBy == nil {
                                let isDelivered = delivered[create.id, default: .max] <= look.time
                                #expect(isStored || isDelivered, "\(create.id) was not settled when it was committed")
                            }
                        }
                        for request in refused where request.partition == look.partition {
                            guard request.offset < look.committed else { continue }
                            let id = "\(cluster.intake)/\(request.partition)/\(request.offset)"
                            #expect(deadLettered[id, default: .max] <= look.time, "\(id) was not settled")
                        }
                    }
                    print("settled: \(looks.count) looks at \(passed) requests below a committed offset; \(findings)")
                    #expect(passed > 0)
                }
            }
        }

        /// When a record with this header's value was written first.
        private static func times(_ records: [ReadRecord], _ header: String) -> [String: Int64] {
            records.reduce(into: [:]) { times, record in
                guard let id = record.header(header) else { return }
                times[id] = min(times[id] ?? .max, record.timestamp)
            }
        }
    }
}
