internal import Synchronization

/// Takes work from tasks for a pod's event loop, which collects it in batches. From any thread.
final class PodInbox: Sendable {
    /// Work for the loop.
    typealias Letter = @Sendable (PodDriver) -> Void

    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: makes the loop take a turn; called when an empty inbox gets its first letter.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Leaves work for the loop.
    func post(_ letter: @escaping Letter) {
        let wasEmpty = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Answers a question on the loop, which has to run.
    func ask<Value: Sendable>(_ question: @escaping @Sendable (PodDriver) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            post { continuation.resume(returning: question($0)) }
        }
    }

    /// All letters, in order.
    func takeAll() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
