import Scheduling
import SimulatedStore
import Synchronization
import Testing

@testable import ClockworkAPI

/// What the API makes of progress records.
@Suite(.timeLimit(.minutes(1))) struct ProgressTests {
    private static func record(generation: Int64, committed: Int64?, partition: Int32 = 2) -> PartitionProgress {
        PartitionProgress(
            partition: partition,
            owner: "pod",
            epoch: 1,
            executedUpTo: nil,
            pendingResident: 0,
            committedOffset: committed,
            generation: generation,
            updatedAt: .zero
        )
    }

    /// Whether offset 5 of partition 2 counts as committed, and the generation that it is taken to be of.
    private static func judge(
        before: [PartitionProgress],
        now: [PartitionProgress]
    ) async throws -> (isCommitted: Bool, generation: Int64) {
        let store = SimulatedScheduleStore(SimulatedStore(), now: { .zero })
        for record in now { try await store.save(record) }
        let progress = SharedProgress(store: store)
        let offset = await progress.logOffset(5, in: 2, before: before)
        return (try await progress.isCommitted(5, in: 2, before: before), offset / 1_000_000_000_000_000)
    }

    @Test func `a request is committed when its log has been, beyond it`() async throws {
        for (committed, isCommitted) in [(nil, false), (5, false), (6, true)] as [(Int64?, Bool)] {
            let now = Self.record(generation: 1, committed: committed)
            let verdict = try await Self.judge(before: [Self.record(generation: 1, committed: 3)], now: [now])
            #expect(verdict == (isCommitted, 1))
            #expect(try await Self.judge(before: [], now: [now]) == (isCommitted, 1))
        }
        #expect(try await Self.judge(before: [], now: []) == (false, 0))
    }

    @Test func `what was committed before a request was written is of an earlier log, if it is beyond the request`()
        async throws
    {
        let earlier = Self.record(generation: 0, committed: 1_000)
        // The owner has not come to the new log.
        #expect(try await Self.judge(before: [earlier], now: [earlier]) == (false, 1))
        let later = Self.record(generation: 0, committed: 1_001)
        #expect(try await Self.judge(before: [earlier], now: [later]) == (false, 1))
        // It has.
        #expect(try await Self.judge(before: [earlier], now: [Self.record(generation: 1, committed: 5)]) == (false, 1))
        #expect(try await Self.judge(before: [earlier], now: [Self.record(generation: 1, committed: 6)]) == (true, 1))
        // Another partition's says nothing.
        let other = Self.record(generation: 0, committed: 1_000, partition: 3)
        #expect(try await Self.judge(before: [other], now: [Self.record(generation: 0, committed: 6)]) == (true, 0))
    }

    @Test func `a generation that cannot be does not stop the API`() async throws {
        for generation in [9_223, .max, -1] as [Int64] {
            let record = Self.record(generation: generation, committed: 1_000)
            #expect(try await Self.judge(before: [record], now: []).generation == 0)
            if generation > 0 { #expect(try await Self.judge(before: [record], now: [record]).generation == 0) }
        }
    }

    @Test func `however many wait for the records, they are read once`() async throws {
        let store = SlowStore()
        let progress = SharedProgress(store: store)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await progress.latest().count } }
            while store.calls < 1 { await Task.yield() }
            // Time for a second call, were there one.
            for _ in 0..<1_000 where store.calls < 2 { await Task.yield() }
            store.open()
            for try await count in group { #expect(count == 0) }
        }
        #expect(store.calls == 1)
    }
}

/// A store whose progress records take until it is opened.
private final class SlowStore: ScheduleStore {
    private struct State {
        var calls = 0
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var calls: Int { state.withLock { $0.calls } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.calls += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return []
    }

    func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {}

    func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup] { [] }

    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        TimelinePage(items: [], reachedEnd: true)
    }

    func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool { true }
}
