internal import Logging
internal import Scheduling
internal import Synchronization

/// Carries out an owner's store calls, each until it succeeds: a store that is down makes them late, not lost. Once the
/// owner is gone a failed call is not repeated: the partition's next owner does what was left.
///
/// Tasks are children of `run`, so nothing outlives it; cancelling it ends what is still being tried.
struct StoreRunner: Sendable {
    /// The answer to one call.
    enum Answer: Sendable {
        case changesStored(Int)
        case lookUpDelayed(Int)
        case keysLookedUp(Int, [KeyLookup])
        case pageLoaded(TimelinePage)
    }

    /// Where an answer goes: to the owner with this number, if it still owns its partition.
    typealias Deliver = @Sendable (_ owner: UInt32, Answer) async -> Void

    /// The owners that are still there, asked from any thread.
    private final class Owners: Sendable {
        let numbers = Mutex<Set<UInt32>>([])
    }

    private let store: any ScheduleStore
    private let owners = Owners()
    private let logger: Logger
    private let work: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    /// How long a look-up may take before its schedules go out without it.
    private static let patience = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(5)

    init(store: any ScheduleStore, logger: Logger) {
        self.store = store
        self.logger = logger
        // Not bounded here: each owner bounds its calls in flight.
        (work, continuation) = AsyncStream.makeStream()
    }

    /// Runs until `finish`, then until what is begun has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await call in work {
                group.addTask { await call() }
            }
            group.cancelAll()
        }
    }

    func finish() {
        continuation.finish()
    }

    /// An owner may begin calls from now on.
    func begin(owner: UInt32) {
        owners.numbers.withLock { _ = $0.insert(owner) }
    }

    /// An owner is gone.
    func end(owner: UInt32) {
        owners.numbers.withLock { _ = $0.remove(owner) }
    }

    private func isThere(_ owner: UInt32) -> Bool {
        owners.numbers.withLock { $0.contains(owner) }
    }

    /// Begins the calls among `effects`.
    func begin(_ effects: Effects, owner: UInt32, partition: Int32, deliver: @escaping Deliver) {
        for call in effects.store {
            start {
                let isDone: Void? = await persist("apply", owner, partition) { () throws(ScheduleStoreError) in
                    try await store.apply(call.changes, partition: partition)
                }
                if isDone != nil { await deliver(owner, .changesStored(call.id)) }
            }
        }
        for call in effects.lookUp {
            start { await lookUp(call, owner, partition, deliver) }
        }
        if let call = effects.loadPage {
            start {
                let page = await persist("page", owner, partition) { () throws(ScheduleStoreError) in
                    try await store.page(
                        partition: partition,
                        after: call.after,
                        through: call.through,
                        limit: call.limit
                    )
                }
                if let page { await deliver(owner, .pageLoaded(page)) }
            }
        }
    }

    /// Writes a progress record, if that works at once.
    func save(_ progress: PartitionProgress) {
        start {
            do throws(ScheduleStoreError) {
                try await store.save(progress)
            } catch {
                logger.debug("progress record not written", metadata: ["error": "\(error)"])
            }
        }
    }

    private func start(_ call: @escaping @Sendable () async -> Void) {
        continuation.yield(call)
    }

    private func lookUp(
        _ call: Effects.LookUpCall,
        _ owner: UInt32,
        _ partition: Int32,
        _ deliver: @escaping Deliver
    ) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
                await deliver(owner, .lookUpDelayed(call.id))
            }
            let answers = await persist("look up", owner, partition) { () throws(ScheduleStoreError) in
                try await store.lookUp(call.keys, partition: partition)
            }
            if let answers { await deliver(owner, .keysLookedUp(call.id, answers)) }
            group.cancelAll()
        }
    }

    /// Repeats `call` until it succeeds, with growing pauses; `nil` when cancelled or the owner is gone.
    private func persist<Value>(
        _ name: String,
        _ owner: UInt32,
        _ partition: Int32,
        _ call: () async throws(ScheduleStoreError) -> Value
    ) async -> Value? {
        var pause = Self.firstPause
        while !Task.isCancelled, isThere(owner) {
            do throws(ScheduleStoreError) {
                return try await call()
            } catch {
                guard !Task.isCancelled, isThere(owner) else { return nil }
                logger.warning(
                    "the store does not answer; trying again",
                    metadata: ["call": "\(name)", "partition": "\(partition)", "error": "\(error)"]
                )
            }
            // Full jitter, so that the owners of many partitions do not come back as one.
            guard (try? await Task.sleep(for: pause * Double.random(in: 0.5...1))) != nil else { return nil }
            pause = min(pause * 2, Self.longestPause)
        }
        return nil
    }
}
