import Foundation
import Kafka
import KafkaFaults
import TestSupport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct OutageTests {
        @Test(
            arguments: [TCPProxy.State.cut, .silent]
        )
        func `a store outage delays no resident schedule and skips no request`(kind: TCPProxy.State) async throws {
            let seed = seed("storeOutage (\(kind))")
            let endpoint = try #require(URL(string: try DynamoDBEndpoint.url)?.port)
            let proxy = try TCPProxy(toPort: UInt16(endpoint))
            defer { proxy.state = .stopped }
            try await TestCluster.with(.dynamoDB, endpoint: "http://127.0.0.1:\(proxy.port)") { cluster in
                var verifier = Verifier(intake: cluster.intake)
                var traffic = Traffic(cluster, seed: seed)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                // Some to be delivered during the outage, some after it.
                try await traffic.send(60, due: 5_000..<8_000, &verifier)
                try await traffic.send(40, due: 20_000..<22_000, &verifier)
                try await cluster.waitUntilSettled()

                let before = verifier
                proxy.state = kind
                let cutAt = nowMilliseconds()
                try await traffic.send(60, due: 3_000..<6_000, &verifier)
                try await traffic.send(40, due: 20_000..<22_000, &verifier)
                let far = nowMilliseconds() + 12_000
                let due = verifier.ids { $0 < far }
                var samples: [(time: Int64, committed: [Int32: Int64])] = []
                try await wait("deliveries without a store") {
                    samples.append((nowMilliseconds(), try cluster.committedOffsets()))
                    return due.subtracting(try cluster.deliveries.records().compactMap { $0.header("clockwork-id") })
                        .isEmpty
                }
                let deliveredWhileCut = try cluster.deliveries.records().count
                samples.append((nowMilliseconds(), try cluster.committedOffsets()))
                proxy.state = .open

                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                #expect(pod.process.exit == nil)
                // A request sent into the outage is settled by its delivery alone.
                let delivered = records.reduce(into: [String: Int64]()) { times, read in
                    times[read.header("clockwork-id") ?? ""] = read.timestamp
                }
                let pending = verifier.expectedIDs.subtracting(before.expectedIDs)
                for sample in samples {
                    for id in pending {
                        guard let position = verifier.position(of: id),
                            sample.committed[position.partition, default: 0] > position.offset
                        else { continue }
                        #expect(
                            delivered[id, default: .max] <= sample.time,
                            "\(id) was not settled when it was committed"
                        )
                    }
                }
                print(
                    "storeOutage (\(kind)): cut at \(cutAt), \(deliveredWhileCut) delivered while it was, "
                        + "\(samples.count) looks at the offsets; \(findings)"
                )
            }
        }

        @Test(
            .enabled(if: TestCluster.realBrokers == nil)
        )
        func `while the brokers are down, nothing is lost and nothing is early`() async throws {
            let seed = seed("brokerOutage")
            try await TestCluster.with(.sqlite) { cluster in
                let kafka = try #require(cluster.local)
                var verifier = Verifier(intake: cluster.intake)
                var traffic = Traffic(cluster, seed: seed)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                try await traffic.send(200, due: 3_000..<12_000, &verifier)
                try await cluster.waitUntilSettled()
                let start = nowMilliseconds()
                // One short outage, and one that outlives the group's session.
                for (begin, length) in [(3_000, 1_000), (5_000, 6_000)] as [(Int64, Int64)] {
                    try await sleep(untilMilliseconds: start + begin)
                    try kafka.takeDown()
                    try await sleep(untilMilliseconds: start + begin + length)
                    try kafka.bringUp()
                }
                try await traffic.send(50, &verifier)
                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                print("brokerOutage: \(findings)")
                try #require(findings.isSound, "\(findings)")
                #expect(pod.process.exit == nil)
                pod.process.send(SIGTERM)
                #expect(try await pod.process.waitForExit() == .code(0))
            }
        }

        /// What is out of reach when a pod is told to end.
        enum Outage: CaseIterable {
            case store
            case brokers
        }

        @Test(
            .enabled(if: TestCluster.realBrokers == nil),
            arguments: Outage.allCases
        )
        func `a pod ends in time during an outage, and the next one delivers its rest`(outage: Outage) async throws {
            let seed = seed("endDuringOutage (\(outage))")
            let endpoint = try #require(URL(string: try DynamoDBEndpoint.url)?.port)
            let proxy = try TCPProxy(toPort: UInt16(endpoint))
            defer { proxy.state = .stopped }
            try await TestCluster.with(.dynamoDB, endpoint: "http://127.0.0.1:\(proxy.port)") { cluster in
                let kafka = try #require(cluster.local)
                var verifier = Verifier(intake: cluster.intake)
                var traffic = Traffic(cluster, seed: seed)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                try await traffic.send(60, due: 3_000..<6_000, &verifier)
                try await cluster.waitUntilSettled()
                switch outage {
                case .store: proxy.state = .cut
                case .brokers: try kafka.takeDown()
                }
                // Some are in flight by now: to the brokers, or to be deleted.
                let due = verifier.ids { _ in true }
                try await sleep(untilMilliseconds: nowMilliseconds() + 3_500)
                let stop = ContinuousClock.now
                pod.process.send(SIGTERM)
                let exit = try await pod.process.waitForExit()
                let duration = ContinuousClock.now - stop
                #expect(exit == .code(0))
                #expect(duration < .seconds(10), "the contract's limit")
                switch outage {
                case .store: proxy.state = .open
                case .brokers: try kafka.bringUp()
                }
                _ = try cluster.startPod("next")
                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                print("endDuringOutage (\(outage)): ended within \(duration); \(findings)")
                try #require(findings.isSound, "\(findings)")
                #expect(Set(findings.repeats.map(\.id)).isSubset(of: due))
            }
        }
    }
}
