internal import Logging
internal import Runtime
internal import Scheduling

/// Carries out an owner's store calls, each until it succeeds: an outage of the store delays them, but loses none.
///
/// Each is a task of the given runner; cancelling the task ends the attempts.
struct StoreRunner: Sendable {
    /// The answer to one call.
    enum Answer: Sendable {
        case changesStored(Int)
        case keysLookedUp(Int, [KeyLookup])
        case pageLoaded(TimelinePage)
    }

    /// The destination of an answer: the owner with this number, if it still owns its partition.
    typealias Deliver = @Sendable (_ owner: UInt32, Answer) async -> Void

    private let store: any ScheduleStore
    private let progress: ProgressWriter
    private let tasks: TaskRunner
    private let logger: Logger

    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(5)
    /// How long the last record of an owner may delay the end of a pod.
    private static let lastRecordLimit = Duration.seconds(2)

    init(store: any ScheduleStore, progress: ProgressWriter, tasks: TaskRunner, logger: Logger) {
        self.store = store
        self.progress = progress
        self.tasks = tasks
        self.logger = logger
    }

    /// The caller, and the destination of the answers.
    struct Caller: Sendable {
        var owner: UInt32
        var partition: Int32
        var ownership: Ownership
        var deliver: Deliver
    }

    /// Begins the calls among `effects`.
    func begin(_ effects: Effects, for caller: Caller) {
        let partition = caller.partition
        for call in effects.store {
            tasks.start {
                let isDone: Void? = await persist("apply", caller) { () throws(ScheduleStoreError) in
                    try await store.apply(call.changes, partition: partition)
                }
                if isDone != nil { await caller.deliver(caller.owner, .changesStored(call.id)) }
            }
        }
        for call in effects.lookUp {
            tasks.start {
                let answers = await persist("look up", caller) { () throws(ScheduleStoreError) in
                    try await store.lookUp(call.keys, partition: partition)
                }
                if let answers { await caller.deliver(caller.owner, .keysLookedUp(call.id, answers)) }
            }
        }
        if let call = effects.loadPage {
            tasks.start {
                let page = await persist("page", caller) { () throws(ScheduleStoreError) in
                    try await store.page(
                        partition: partition,
                        after: call.after,
                        through: call.through,
                        limit: call.limit
                    )
                }
                if let page { await caller.deliver(caller.owner, .pageLoaded(page)) }
            }
        }
    }

    /// Writes a progress record, in one attempt.
    ///
    /// - Parameter ownership: writes only while it holds; `nil` for the last record of an owner that has ended.
    func save(_ record: PartitionProgress, ownership: Ownership?) {
        tasks.start {
            if let ownership { return await write(record) { ownership.isCurrent && ownership.isSure } }
            // A pod that shuts down cancels its tasks once its owners have ended, so soon after this one begins.
            let last = Task { await write(record) { true } }
            let limit = Task {
                try await Task.sleep(for: Self.lastRecordLimit)
                last.cancel()
            }
            await last.value
            limit.cancel()
        }
    }

    private func write(_ record: PartitionProgress, isWanted: @Sendable () -> Bool) async {
        do throws(ScheduleStoreError) {
            try await progress.write(record, isWanted: isWanted)
        } catch {
            logger.debug("progress record not written", metadata: ["error": "\(error)"])
        }
    }

    /// Repeats `call` until it succeeds, with growing pauses; `nil` when cancelled, or when the caller has lost its
    /// partition.
    private func persist<Value>(
        _ name: String,
        _ caller: Caller,
        _ call: () async throws(ScheduleStoreError) -> Value
    ) async -> Value? {
        var pause = Self.firstPause
        while !Task.isCancelled, caller.ownership.isCurrent {
            guard caller.ownership.isSure else {
                try? await Task.sleep(for: Self.firstPause)
                continue
            }
            do throws(ScheduleStoreError) {
                return try await call()
            } catch {
                guard !Task.isCancelled, caller.ownership.isCurrent else { return nil }
                logger.warning(
                    error.code == .refused
                        ? "the store refuses a call; trying again" : "the store does not answer; trying again",
                    metadata: ["call": "\(name)", "partition": "\(caller.partition)", "error": "\(error)"]
                )
            }
            // Full jitter, so that the owners of many partitions do not come back at once.
            guard (try? await Task.sleep(for: pause * Double.random(in: 0.5...1))) != nil else { return nil }
            pause = min(pause * 2, Self.longestPause)
        }
        return nil
    }
}
