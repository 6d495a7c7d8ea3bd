import Dispatch
import Glibc

/// A TCP connection to a server on this host that says exactly what a test wishes. May be used from any thread.
public final class RawConnection: Sendable {
    /// The server cannot be connected to.
    public struct ConnectError: Error, CustomStringConvertible {
        /// What the system said.
        public let description: String
    }

    private let descriptor: Int32
    private static let readers = DispatchQueue(label: "test-connections", attributes: .concurrent)

    /// Connects to a port of 127.0.0.1.
    public init(port: Int) throws(ConnectError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ConnectError(description: "no connection to port \(port): \(reason)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends all of `text`, and waits while the server does not read.
    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Sends as much of `text` as there is room for.
    public func sendWhatFits(_ text: String) {
        let bytes = Array(text.utf8)
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    /// Whether something has arrived that has not been read.
    public var hasInput: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }

    /// Everything the server says until it closes the connection, or until `mark` has been said.
    public func read(until mark: String? = nil) async -> String {
        await withCheckedContinuation { continuation in
            Self.readers.async { [descriptor] in
                var text: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    text += buffer.prefix(count)
                    if let mark, String(decoding: text, as: UTF8.self).contains(mark) { break }
                }
                continuation.resume(returning: String(decoding: text, as: UTF8.self))
            }
        }
    }
}
