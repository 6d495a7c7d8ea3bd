import Foundation
import Testing

/// Thousands of random worlds. `CLOCKWORK_SEEDS=20000` runs more of them, `CLOCKWORK_SEED=4711` replays one.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func `Nothing is lost, early, out of order or repeated without a crash, whatever fails`() {
        if let seed = Self.environment["CLOCKWORK_SEED"].flatMap(UInt64.init) {
            check(seed, isTracing: true)
            return
        }
        let count = Self.environment["CLOCKWORK_SEEDS"].flatMap(UInt64.init) ?? 2_000
        var failures = 0
        for seed in 0..<count where !check(seed) {
            failures += 1
            if failures == 10 { break }
        }
        print("simulation: \(count) seeds, \(failures) failed")
    }

    @discardableResult
    private func check(_ seed: UInt64, isTracing: Bool = false) -> Bool {
        let world = SimulatedWorld(seed: seed)
        world.isTracing = isTracing
        guard let problem = world.run().first else { return true }
        Issue.record("seed \(seed): \(problem) [\(world.faults)]")
        print("replay: CLOCKWORK_SEED=\(seed) swift test --filter Simulation")
        return false
    }
}
