internal import Synchronization

/// Passes values from any thread to one other, which takes all of them at once. So threads are crossed once for a
/// batch.
package final class Inbox<Letter: Sendable>: Sendable {
    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void

    /// An empty inbox.
    ///
    /// - Parameter wake: wakes the receiver. It is called when a value comes into an empty inbox.
    package init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Adds a value. From any thread.
    package func post(_ letter: Letter) {
        let wasEmpty = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Takes all values, in order.
    package func takeAll() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
