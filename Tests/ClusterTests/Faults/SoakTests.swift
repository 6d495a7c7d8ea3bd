import Foundation
import TestSupport
import Testing

/// How long to go on: a number with `s`, `m` or `h` in `CLOCKWORK_SOAK`.
private let soakDuration: Duration? = {
    guard let text = ProcessInfo.processInfo.environment["CLOCKWORK_SOAK"], let unit = text.last,
        let number = Int(text.dropLast())
    else { return nil }
    return ["s": .seconds(number), "m": .seconds(number * 60), "h": .seconds(number * 3_600)][unit]
}()

/// Which faults alone, by `CLOCKWORK_FAULTS`, where it names any, with commas between them.
private let soakFaults = ProcessInfo.processInfo.environment["CLOCKWORK_FAULTS"]
    .map { Set($0.split(separator: ",").map(String.init)) }

extension LocalCluster {
    /// All faults for a long time: `make soak DURATION=30m`.
    @Suite(.enabled(if: soakDuration != nil, "CLOCKWORK_SOAK says how long"))
    struct SoakTests {
        /// More than a pod of a debug build needs here, MB; a sanitizer needs more for itself.
        private static let memoryLimit = SteppedClock.isPossible ? 500 : 2_000

        /// What happens to either world.
        private static let ofBoth = Fault.ofConnections + Fault.ofAnswers + Fault.ofCallbacks + [.logUnread]

        @Test func `every delivery arrives, whatever happens and for long`() async throws {
            let duration = try #require(soakDuration)
            var random = SeededRandom(seed: seed("soak"))
            let end = ContinuousClock.now + duration
            let seeds = (random.next(), random.next())
            // A group of pods with DynamoDB, and beside it a pod with a SQLite file.
            async let group: Void = Self.runToItsEnd(
                "group",
                .faultyStore,
                seed: seeds.0,
                pods: 2,
                until: end,
                faults: Fault.ofPods + Fault.ofBrokers + Fault.ofStore + Self.ofBoth
            )
            async let single: Void = Self.runToItsEnd(
                "single",
                SmallDisk.isPossible ? .diskAndClock : .clock,
                seed: seeds.1,
                pods: 1,
                until: end,
                faults: [.kill, .terminate, .freeze] + Fault.ofHost + Self.ofBoth
            )
            _ = await (group, single)
        }

        /// Whatever becomes of one world, the other goes on.
        private static func runToItsEnd(
            _ name: String,
            _ parts: World.Parts,
            seed: UInt64,
            pods: Int,
            until end: ContinuousClock.Instant,
            faults: [Fault]
        ) async {
            do {
                try await run(name, parts, seed: seed, pods: pods, until: end, faults: faults)
            } catch {
                Issue.record(error, "\(name)")
            }
        }

        private static func run(
            _ name: String,
            _ parts: World.Parts,
            seed: UInt64,
            pods: Int,
            until end: ContinuousClock.Instant,
            faults: [Fault]
        ) async throws {
            var random = SeededRandom(seed: seed)
            try await World.with(parts, seed: random.next()) { world in
                await world.ledger.allow(clocksAhead: parts == .faultyStore ? 0 : 30_000, readWithin: 30_000)
                for _ in 0..<pods { try world.addPod() }
                try await world.waitForOwners()
                let start = ContinuousClock.now
                let report = try await world.report(requests: 4, due: 3_000..<8_000, far: 20_000..<60_000) {
                    var incidents: [Incident] = []
                    let faults = faults.filter { soakFaults?.contains($0.name) ?? true }
                    // Each kind once, in any order, before one comes again.
                    var next: [Fault] = []
                    try await Task.sleep(for: .seconds(5))
                    while ContinuousClock.now < end, !faults.isEmpty {
                        if next.isEmpty { next = faults.shuffled(using: &random) }
                        incidents += try await strike(world, next.removeLast(), &random)
                        await tell(name, world, since: start, incidents)
                        try await Task.sleep(for: .milliseconds(Int.random(in: 1_000..<6_000, using: &random)))
                    }
                    return incidents
                }
                print("\n\(name): at most \(world.peakMemory) MB\n\(report)\n\(report.summary)")
                #expect(report.isSound, "\(name)")
                #expect(world.problems.isEmpty, "\(world.problems)")
                #expect(world.peakMemory < Self.memoryLimit)
            }
        }

        /// Lets one fault happen, or two at once: one of the store beside another.
        private static func strike(
            _ world: World,
            _ fault: Fault,
            _ random: inout SeededRandom
        ) async throws -> [Incident] {
            func length(_ fault: Fault) -> Duration {
                .milliseconds(Int.random(in: fault.lengths, using: &random))
            }
            let ownLength = length(fault)
            var dice = SeededRandom(seed: random.next())
            let isOfStore = Fault.ofStore.contains { $0.name == fault.name }
            guard world.endpoint != nil, !isOfStore, random.oneIn(3) else {
                return [try await fault.strike(world, for: ownLength, &dice)]
            }
            let other = Fault.ofStore.randomElement(using: &random)!
            var otherDice = SeededRandom(seed: random.next())
            let otherLength = length(other)
            async let beside = Self.strike(other, world, otherLength, otherDice.next())
            var incident = try await fault.strike(world, for: ownLength, &dice)
            let second = try await beside
            // What is delivered while the store fails cannot be deleted, and so moves with the partitions.
            incident.mayRepeatUntil = max(incident.end, second.end) + 15_000
            incident.name += " + \(second.name)"
            incident.end = max(incident.end, second.end)
            return [incident]
        }

        private static func strike(
            _ fault: Fault,
            _ world: World,
            _ length: Duration,
            _ seed: UInt64
        ) async throws -> Incident {
            var random = SeededRandom(seed: seed)
            return try await fault.strike(world, for: length, &random)
        }

        private static func tell(
            _ name: String,
            _ world: World,
            since start: ContinuousClock.Instant,
            _ incidents: [Incident]
        ) async {
            let seconds = Int((ContinuousClock.now - start).components.seconds)
            let sent = await world.ledger.verifier.createCount
            let delivered = (try? world.cluster.deliveries.records().count) ?? -1
            print(
                "\(name) \(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60) after "
                    + "\(incidents.last?.name ?? "-") (fault \(incidents.count)): \(sent) requests, \(delivered) "
                    + "deliveries, \(world.pods.count) pods, at most \(world.peakMemory) MB"
            )
            fflush(nil)
        }
    }
}
