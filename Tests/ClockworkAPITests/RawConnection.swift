import ClockworkService
import Glibc

/// A connection to the pod that says exactly what a test wishes.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw LivePod.Failure(what: "no connection, errno \(errno)") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Everything the pod says until it closes the connection, or until `mark` has been said.
    func read(until mark: String? = nil) async -> String {
        let descriptor = descriptor
        return await BlockingCall.run(named: "test-read") {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                text += buffer.prefix(count)
                if let mark, String(decoding: text, as: UTF8.self).contains(mark) { break }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
