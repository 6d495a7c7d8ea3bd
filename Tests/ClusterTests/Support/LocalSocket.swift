import Foundation
import Glibc

/// Sockets of this machine, for whoever stands between a client and a server.
enum LocalSocket {
    /// A socket that listens at a port of 127.0.0.1 that the system chooses.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw Impatient(description: "the proxy cannot listen") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// A port at which nobody listens just now.
    static func freePort() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    /// A connection to a port of this machine; `nil` where nobody listens.
    static func connect(port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(4))
        return descriptor
    }

    /// Waits until something can be read, or the connection has ended.
    static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&query, 1, milliseconds) > 0
    }

    /// Whether the other side has ended the connection, though something may be there to be read.
    static func hasEnded(_ descriptor: Int32) -> Bool {
        let ends = Int16(POLLHUP | POLLERR) | Int16(bitPattern: 0x2000)
        var query = pollfd(fd: descriptor, events: ends, revents: 0)
        return poll(&query, 1, 0) > 0 && query.revents & ends != 0
    }

    /// Sends all of it; `false` where the connection has ended.
    static func send(_ bytes: Data, _ descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress
                let count = Glibc.send(descriptor, base, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// A message of the Kafka protocol, its length in front; `nil` where the connection has ended.
    static func readMessage(_ descriptor: Int32) -> Data? {
        guard let head = read(descriptor, 4) else { return nil }
        return read(descriptor, head.reduce(0) { $0 << 8 | Int($1) }).map { head + $0 }
    }

    private static func read(_ descriptor: Int32, _ count: Int) -> Data? {
        var data = Data(count: count)
        var done = 0
        while done < count {
            let got = data.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + done, count - done, 0) }
            guard got > 0 else { return nil }
            done += got
        }
        return data
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
