import Foundation
import TestSupport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct KillTests {
        /// What was delivered this long before a kill has been deleted from the store, milliseconds.
        private static let settlingTime: Int64 = 2_000

        @Test(
            arguments: StoreKind.allCases
        )
        func `a pod that is killed loses nothing and repeats only what was in flight`(store: StoreKind) async throws {
            var random = SeededRandom(seed: seed("killed (\(store))"))
            try await TestCluster.with(store) { cluster in
                var verifier = Verifier(intake: cluster.intake)
                var traffic = Traffic(cluster, seed: random.next())
                var kills: [Int64] = []
                for _ in 0..<2 {
                    let pod = try cluster.startPod("pod")
                    let lifetime = Int64.random(in: 1_500..<5_000, using: &random)
                    var end: Int64?
                    while end == nil || nowMilliseconds() < end! {
                        try await traffic.send(10, &verifier)
                        try await Task.sleep(for: .milliseconds(200))
                        if end == nil, pod.partitions.count == cluster.intakePartitions {
                            end = nowMilliseconds() + lifetime
                        }
                    }
                    // It is hit while many schedules of one moment are in flight.
                    let burst = nowMilliseconds() + 3_000
                    try await traffic.send(150, due: 3_000..<3_010, &verifier)
                    try await sleep(untilMilliseconds: burst + Int64.random(in: 0..<150, using: &random))
                    kills.append(nowMilliseconds())
                    pod.process.send(SIGKILL)
                    #expect(try await pod.process.waitForExit() == .signal(SIGKILL))
                }
                _ = try cluster.startPod("pod")
                try await traffic.send(10, &verifier)

                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                print("killed (\(store)) at \(kills): \(findings)")
                try #require(findings.isSound, "\(findings)")
                for repeated in findings.repeats {
                    let kill = try #require(kills.last { $0 <= repeated.later }, "\(repeated) without a kill")
                    #expect(repeated.earlier > kill - Self.settlingTime, "\(repeated) long before the kill at \(kill)")
                }
            }
        }
    }
}
