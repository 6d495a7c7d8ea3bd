import Foundation
import Logging
import Synchronization

/// How long a test waits for what must come; reached only by a test that fails.
let patience = Duration.seconds(90)

struct Impatient: Error, CustomStringConvertible {
    let description: String
}

/// Waits until `isDone`; fails when that takes longer than `patience`.
func wait(
    _ what: @autoclosure () -> String,
    until isDone: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !isDone() {
        guard ContinuousClock.now < deadline else { throw Impatient(description: "waited in vain for \(what())") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// The wall clock in epoch milliseconds.
func nowMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}

/// Waits until the wall clock shows `time`.
func sleep(untilMilliseconds time: Int64) async throws {
    while nowMilliseconds() < time { try await Task.sleep(for: .milliseconds(10)) }
}

/// The seed of a random test: `CLOCKWORK_SEED`, or another one each time.
func seed(_ test: String) -> UInt64 {
    let seed =
        ProcessInfo.processInfo.environment["CLOCKWORK_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1_000_000)
    print("\(test): CLOCKWORK_SEED=\(seed)")
    return seed
}

let quietLogger = Logger(label: "cluster.tests", factory: { _ in SwiftLogNoOpLogHandler() })

/// Something that happens once.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() {
        value.store(true, ordering: .releasing)
    }
}

/// A count that many tasks raise.
final class Tally: Sendable {
    private let count = Atomic(0)

    /// - Returns: the count with this one.
    func increment() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
