import Foundation
import Scheduling
import TestSupport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct GroupTests {
        @Test
        func `pods share the partitions, and no delivery is lost or repeated when pods end and come`() async throws {
            let seed = seed("rollingPods")
            try await TestCluster.with(.dynamoDB, intakePartitions: 6) { cluster in
                var verifier = Verifier(intake: cluster.intake)
                var traffic = Traffic(cluster, seed: seed)
                var pods = try ["a", "b", "c"].map { try cluster.startPod($0) }
                try await traffic.send(60, &verifier)
                try await cluster.waitForOwners(pods)
                for _ in 0..<15 {
                    try await traffic.send(6, &verifier)
                    try await Task.sleep(for: .milliseconds(200))
                }

                // One ends while schedules fire.
                let leaver = pods.removeFirst()
                let stop = ContinuousClock.now
                leaver.process.send(SIGTERM)
                while leaver.process.exit == nil {
                    try await traffic.send(3, &verifier)
                    try await Task.sleep(for: .milliseconds(100))
                }
                let duration = ContinuousClock.now - stop
                #expect(leaver.process.exit == .code(0))
                #expect(duration < .seconds(10), "the contract's limit")
                try await keepSending(&traffic, &verifier) { [pods] in try await cluster.waitForOwners(pods) }

                // One comes while schedules fire.
                pods.append(try cluster.startPod("d"))
                try await keepSending(&traffic, &verifier) { [pods] in try await cluster.waitForOwners(pods) }
                try await traffic.send(60, &verifier)

                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                print("rollingPods: ended within \(duration); \(findings)")
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")

                for pod in pods + [leaver] {
                    // A pod that loses its partitions repeats, sooner or later.
                    try #require(!pod.log.contains { $0.message == "lost" }, "\(pod.name) has lost partitions")
                }

                // Each partition's progress record names its owner, also where there was nothing to do.
                try await wait("progress records of all partitions") {
                    let owners = try await cluster.progress().map { [$0.partition: $0.owner] }
                    return owners.reduce(into: [:]) { $0.merge($1) { $1 } }
                        == pods.reduce(into: [:]) { owners, pod in
                            for partition in pod.partitions { owners[partition] = pod.name }
                        }
                }

                // All end together.
                for pod in pods { pod.process.send(SIGTERM) }
                for pod in pods {
                    let exit = try await pod.process.waitForExit()
                    #expect(exit == .code(0), "\(pod.name)")
                }
            }
        }

        /// Sends requests until `body` is done.
        private func keepSending(
            _ traffic: inout Traffic,
            _ verifier: inout Verifier,
            until body: @escaping @Sendable () async throws -> Void
        ) async throws {
            let isDone = Flag()
            async let done: Void = {
                defer { isDone.raise() }
                try await body()
            }()
            while !isDone.isRaised {
                try await traffic.send(3, &verifier)
                try await Task.sleep(for: .milliseconds(150))
            }
            try await done
        }
    }
}
