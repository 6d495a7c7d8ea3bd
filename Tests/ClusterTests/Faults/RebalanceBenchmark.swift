import Foundation
import Testing

extension LocalCluster {
    /// How much later schedules come because a pod joins or leaves: `make bench-rebalance`. Nothing is asserted of times.
    @Suite(
        .enabled(
            if: ProcessInfo.processInfo.environment["CLOCKWORK_BENCH_REBALANCE"] != nil,
            "a measurement, not a test"
        )
    )
    struct RebalanceBenchmark {
        private static let partitions = 6
        /// One schedule every so many milliseconds, for so long.
        private static let interval: Int64 = 20
        private static let length: Int64 = 50_000

        @Test(arguments: [false, true])
        func `deliveries go on while a pod joins and leaves`(isStatic: Bool) async throws {
            // The local cluster lets each rebalance last a session timeout less a second, however soon its members are
            // ready; a real one ends it when the last of them is.
            let session = 4_000
            try await TestCluster.with(
                .dynamoDB,
                intakePartitions: Self.partitions,
                reader: .independent,
                sessionTimeout: session
            ) { cluster in
                let membership = ["KAFKA_STATIC_MEMBERSHIP": "\(isStatic)"]
                let stay = try ["a", "b"].map { try cluster.startPod($0, membership) }
                try await cluster.waitForOwners(stay)
                var verifier = Verifier(intake: cluster.intake)
                let start = nowMilliseconds() + 12_000
                let requests = (0..<Int(Self.length / Self.interval)).map { number in
                    TestRequest(
                        "task-\(number)",
                        topic: cluster.topic("orders"),
                        time: start + Int64(number) * Self.interval,
                        payload: "payload"
                    )
                }
                for first in stride(from: 0, to: requests.count, by: 500) {
                    try await cluster.source.send(Array(requests[first..<min(first + 500, requests.count)]), &verifier)
                }
                try await cluster.waitUntilSettled()
                try await sleep(untilMilliseconds: start + 5_000)

                var changes: [(name: String, begin: Int64, end: Int64, moved: Set<Int32>)] = []
                func change(_ name: String, _ body: () async throws -> Void) async throws {
                    let before = stay.map(\.partitions)
                    let begin = nowMilliseconds()
                    try await body()
                    try await sleep(untilMilliseconds: nowMilliseconds() + 2_000)
                    let kept = zip(before, stay).map { $0.intersection($1.partitions) }
                    let all = Set(0..<Int32(Self.partitions))
                    changes.append((name, begin, nowMilliseconds(), all.subtracting(kept.joined())))
                    try await sleep(untilMilliseconds: nowMilliseconds() + 2_000)
                }
                let quiet = nowMilliseconds()
                try await sleep(untilMilliseconds: quiet + 4_000)
                changes.append(("nothing", quiet, nowMilliseconds(), []))
                let guest = try cluster.startPod("c", membership)
                try await change("a pod joins") { try await cluster.waitForOwners(stay + [guest]) }
                try await change("a pod leaves") {
                    guest.process.send(SIGTERM)
                    try await guest.process.waitForExit()
                    try await cluster.waitForOwners(stay)
                }

                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                print("rebalance, static membership: \(isStatic), session timeout: \(session) ms")
                for change in changes {
                    for hasMoved in [false, true] {
                        Self.tell(change.name, hasMoved, cluster, records) { time, partition in
                            change.begin <= time && time < change.end
                                && change.moved.contains(partition) == hasMoved
                        }
                    }
                }
                for pod in stay + [guest] {
                    let words = ["assigned", "firing", "revoked", "released", "shutting down", "pod ended"]
                    for line in pod.log where words.contains(line.message) {
                        let about = line.metadata?["partitions"] ?? line.metadata?["partition"] ?? ""
                        print("  \(line.time) \(pod.name): \(line.message) \(about)")
                    }
                }
            }
        }

        private static func tell(
            _ name: String,
            _ hasMoved: Bool,
            _ cluster: TestCluster,
            _ records: [ReadRecord],
            _ isWanted: (_ due: Int64, _ partition: Int32) -> Bool
        ) {
            var late: [Int64] = []
            for record in records {
                guard let due = record.header("clockwork-schedule-time").flatMap(Int64.init),
                    let partition = record.header("clockwork-id")?.split(separator: "/").dropFirst().first,
                    isWanted(due, Int32(partition) ?? -1)
                else { continue }
                late.append(record.timestamp - due)
            }
            guard !late.isEmpty else { return }
            late.sort()
            func share(_ part: Double) -> Int64 { late[min(late.count - 1, Int(part * Double(late.count)))] }
            print(
                "  \(name): partitions that \(hasMoved ? "move" : "stay"): \(late.count) schedules, late by "
                    + "\(share(0.5)) ms (median), \(share(0.99)) ms (99 %), \(share(1)) ms (the latest)"
            )
        }
    }
}
