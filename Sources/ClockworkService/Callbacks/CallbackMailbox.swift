internal import HTTPTransport
internal import Synchronization

/// Where the HTTP client's thread leaves the ends of exchanges for the event loop: batch by batch, not one by one.
final class CallbackMailbox: Sendable {
    /// The end of an exchange, by the number of its call.
    typealias Letter = (number: UInt64, result: Result<HTTPResponse, HTTPTransportError>)

    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: has the event loop look into the mailbox; called when something comes into an empty one.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    func post(_ letter: Letter) {
        let wasEmpty = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if wasEmpty { wake() }
    }

    func takeAll() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
