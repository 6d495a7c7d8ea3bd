/// Runs calls that block on a thread of their own, so that the cooperative pool stays free.
package enum BlockingCall {
    /// Runs `body` on a new thread, which ends with it, and waits for its result. The thread's name has at most 15
    /// bytes.
    package static func run<Result: Sendable>(
        named name: String,
        _ body: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            let isStarted = NamedThread.detach(name: name) { continuation.resume(returning: body()) }
            precondition(isStarted, "the process has no thread left for a blocking call")
        }
    }
}
