internal import Runtime

/// What a task has done on a pod's event loop.
typealias PodLetter = @Sendable (PodDriver) -> Void

/// Where tasks leave what they have for a pod's event loop.
typealias PodInbox = Inbox<PodLetter>

extension Inbox where Letter == PodLetter {
    /// Has a question answered on the loop, which has to run.
    func ask<Value: Sendable>(_ question: @escaping @Sendable (PodDriver) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            post { continuation.resume(returning: question($0)) }
        }
    }
}
