import Dispatch

/// Runs what blocks on a thread that nobody else waits for.
enum BlockingTask {
    private static let queue = DispatchQueue(label: "clockwork.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
