/// Runs tasks beside the event loop, as children of `run`: nothing outlives it.
package struct TaskRunner: Sendable {
    package typealias Work = @Sendable () async -> Void

    private let work: AsyncStream<Work>
    private let source: AsyncStream<Work>.Continuation

    /// A runner without tasks. A task started before `run` waits for it.
    package init() {
        // Not bounded here: the callers that start tasks bound them.
        (work, source) = AsyncStream.makeStream()
    }

    /// Starts a task. From any thread; after `finish` no task starts.
    package func start(_ task: @escaping Work) {
        source.yield(task)
    }

    /// Runs until `finish`; unfinished tasks are then cancelled and awaited.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await task in work {
                group.addTask { await task() }
            }
            group.cancelAll()
        }
    }

    /// Ends `run`.
    package func finish() {
        source.finish()
    }
}
