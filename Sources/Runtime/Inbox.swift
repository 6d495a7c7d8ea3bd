internal import Synchronization

/// Where any thread leaves what it has for one other, which takes all of it at a time: one crossing a batch.
package final class Inbox<Letter: Sendable>: Sendable {
    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void

    /// An empty inbox.
    ///
    /// - Parameter wake: has the one that takes look into it; called when something comes into an empty inbox.
    package init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Leaves something. From any thread.
    package func post(_ letter: Letter) {
        let wasEmpty = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Everything that was left, in order.
    package func takeAll() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
