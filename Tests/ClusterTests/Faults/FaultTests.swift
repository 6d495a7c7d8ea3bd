import TestSupport
import Testing

extension LocalCluster {
    /// One fault after the other, while requests keep coming: nothing lost, early, out of order or wrong, repeats only
    /// of what was in flight, no pod that ends by itself, memory bounded.
    @Suite(.timeLimit(.minutes(10)), .enabled(if: TestCluster.realBrokers == nil))
    struct FaultTests {
        /// More than a pod of a debug build needs here, MB; a sanitizer needs more for itself.
        private static let memoryLimit = SteppedClock.isPossible ? 300 : 2_000

        private func run(
            _ name: String,
            _ parts: World.Parts,
            pods: Int,
            _ faults: [Fault],
            length: Duration? = nil,
            clocksAhead: Int64 = 0
        ) async throws {
            var random = SeededRandom(seed: seed(name))
            try await World.with(parts, seed: random.next()) { world in
                // A fault may keep a pod from reading for as long as a session and two rebalances take.
                await world.ledger.allow(clocksAhead: clocksAhead, readWithin: 15_000)
                for _ in 0..<pods { try world.addPod() }
                try await world.waitForOwners()
                let report = try await world.report {
                    var incidents: [Incident] = []
                    // Until the first have been delivered, so that every pod knows the topics.
                    try await Task.sleep(for: .seconds(3))
                    for fault in faults {
                        // Each has its own figures.
                        try await world.waitUntilOnTime()
                        let length = length ?? .milliseconds(fault.lengths.lowerBound)
                        incidents.append(try await fault.strike(world, for: length, &random))
                    }
                    try await world.waitUntilOnTime()
                    return incidents
                }
                print("\(name): at most \(world.peakMemory) MB\n\(report)")
                try #require(report.isSound, "\(report)")
                #expect(world.problems.isEmpty, "\(world.problems)")
                #expect(world.peakMemory < Self.memoryLimit)
            }
        }

        @Test
        func `a pod frozen past its session repeats at most what was in flight, and loses nothing`() async throws {
            try await run("frozen", .lateKafkaClients, pods: 2, [.freeze], length: .seconds(12))
        }

        @Test func `pods come and go, from one to five and to two, and no delivery is repeated`() async throws {
            try await run("scaled", .faultyStore, pods: 1, [.scale])
        }

        @Test func `pods that are replaced one after another repeat nothing`() async throws {
            try await run("rolled", .faultyStore, pods: 2, [.roll])
        }

        @Test func `deliveries survive brokers that fail, are slow, move and refuse`() async throws {
            try await run("brokers", .faultyStore, pods: 2, Fault.ofBrokers)
        }

        @Test
        func `deliveries survive lost connections, garbled fetches and a growing round trip`() async throws {
            try await run("connections", .faultyStore, pods: 2, Fault.ofConnections)
        }

        @Test func `deliveries survive preliminary answers to producers`() async throws {
            try await run("answers", .faultyStore, pods: 2, Fault.ofAnswers)
        }

        @Test
        func `callbacks survive a host with half of its paths failing, slow, refusing or hanging up`() async throws {
            try await run("callbacks", .faultyStore, pods: 2, Fault.ofCallbacks)
        }

        @Test func `a pod with an unread log does its work, and ends in time`() async throws {
            try await run("logUnread", .faultyStore, pods: 2, [.logUnread])
        }

        @Test
        func `deliveries survive a store that fails, is slow, refuses, breaks off and does half`() async throws {
            try await run("store", .faultyStore, pods: 2, Fault.ofStore)
        }

        @Test(.enabled(if: SmallDisk.isPossible))
        func `deliveries survive a SQLite store whose disk is full for a while`() async throws {
            try await run("diskFull", .diskAndClock, pods: 1, [.diskFull], length: .seconds(4))
        }

        @Test(
            .enabled(if: SteppedClock.isPossible)
        )
        func `deliveries survive steps of the wall clock by half a minute in either direction`() async throws {
            try await run(
                "clock",
                .clock,
                pods: 1,
                Fault.ofClock,
                length: .seconds(4),
                clocksAhead: 30_000
            )
        }
    }
}
