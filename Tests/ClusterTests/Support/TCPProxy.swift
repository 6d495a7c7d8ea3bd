import Foundation
import Glibc
import Synchronization

/// Passes connections on to a server on this machine, until it is cut.
final class TCPProxy: Sendable {
    /// What happens to connections.
    enum State: Sendable {
        /// They are passed on.
        case open
        /// They are closed, new ones at once.
        case cut
        /// They stay, and nothing passes.
        case silent
        case stopped
    }

    /// Where bytes go.
    enum Direction: Sendable {
        case toServer
        case toClient
    }

    /// Changes a message of the Kafka protocol, which keeps its length. On any thread.
    typealias Rewriting = @Sendable (inout Data, Direction) -> Void

    /// The port it listens at on 127.0.0.1.
    let port: UInt16
    private let serverPort: UInt16
    private let listener: Int32
    private let rewriting: Rewriting?
    private let current = Mutex(State.open)

    /// Listens, and passes on.
    ///
    /// - Parameter rewriting: takes each message, where the server is a Kafka broker.
    init(toPort serverPort: UInt16, rewriting: Rewriting? = nil) throws {
        self.serverPort = serverPort
        self.rewriting = rewriting
        (listener, port) = try LocalSocket.listen()
        let proxy = self
        Thread.detachNewThread { proxy.accept() }
    }

    var state: State {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    private func accept() {
        while state != .stopped {
            guard LocalSocket.isReadable(listener, milliseconds: 20) else { continue }
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { continue }
            guard state != .cut, let server = LocalSocket.connect(port: serverPort) else {
                close(client)
                continue
            }
            Thread.detachNewThread { [self] in pass(client, server) }
        }
        close(listener)
    }

    private func pass(_ client: Int32, _ server: Int32) {
        defer {
            close(client)
            close(server)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // What has come of a message that is not there as a whole.
        var rests: [Direction: Data] = [:]
        while true {
            switch state {
            case .cut, .stopped: return
            case .silent:
                usleep(10_000)
                continue
            case .open: break
            }
            for (from, to, direction) in [(client, server, Direction.toServer), (server, client, .toClient)]
            where LocalSocket.isReadable(from, milliseconds: 1) {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0, state == .open else { return }
                var ready = Data(buffer.prefix(count))
                if let rewriting {
                    rests[direction, default: Data()] += ready
                    ready = Self.takeMessages(&rests[direction, default: Data()], direction, rewriting)
                }
                guard LocalSocket.send(ready, to) else { return }
            }
        }
    }

    /// Takes the messages that are there as a whole, rewritten.
    private static func takeMessages(_ bytes: inout Data, _ direction: Direction, _ rewriting: Rewriting) -> Data {
        var ready = Data()
        while bytes.count >= 4 {
            let length = 4 + bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard bytes.count >= length else { break }
            var message = Data(bytes.prefix(length))
            rewriting(&message, direction)
            ready += message
            bytes = Data(bytes.dropFirst(length))
        }
        return ready
    }
}
