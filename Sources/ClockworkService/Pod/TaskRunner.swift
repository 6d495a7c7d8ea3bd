/// Runs tasks beside the event loop, as children of `run`: nothing outlives it.
struct TaskRunner: Sendable {
    typealias Work = @Sendable () async -> Void

    private let work: AsyncStream<Work>
    private let source: AsyncStream<Work>.Continuation

    /// A runner without tasks. What is started before `run` waits for it.
    init() {
        // Not bounded here: whoever starts tasks bounds them.
        (work, source) = AsyncStream.makeStream()
    }

    /// Starts a task. From any thread; after `finish` nothing is started any more.
    func start(_ task: @escaping Work) {
        source.yield(task)
    }

    /// Runs until `finish`; what has not ended by then is cancelled, and waited for.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await task in work {
                group.addTask { await task() }
            }
            group.cancelAll()
        }
    }

    /// Ends `run`.
    func finish() {
        source.finish()
    }
}
