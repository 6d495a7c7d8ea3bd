internal import Synchronization

/// Where tasks leave what they have for a pod's event loop, which takes it batch by batch. From any thread.
final class PodInbox: Sendable {
    /// What is to be done on the loop.
    typealias Letter = @Sendable (PodDriver) -> Void

    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: has the loop take a turn; called when something comes into an empty inbox.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Leaves something to be done.
    func post(_ letter: @escaping Letter) {
        let wasEmpty = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Has a question answered on the loop, which has to run.
    func ask<Value: Sendable>(_ question: @escaping @Sendable (PodDriver) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            post { continuation.resume(returning: question($0)) }
        }
    }

    /// Everything that was left, in order.
    func takeAll() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
