import Glibc
import Synchronization

/// A broker that knows nothing but topics' configurations, which the local cluster does not. Speaks as much of the
/// protocol as a client needs to ask for them.
final class ConfigurationBroker: Sendable {
    let port: UInt16
    /// A `cleanup.policy`, or the code of an error.
    private let policy: Result<String, Code>
    private let listener: Int32

    struct Code: Error {
        var code: Int16
    }

    init(policy: Result<String, Code>) {
        self.policy = policy
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                precondition(bind(listener, address, size) == 0 && listen(listener, 8) == 0)
                getsockname(listener, address, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        Self.startThread { [self] in
            while case let connection = accept(self.listener, nil, nil), connection >= 0 {
                Self.startThread { self.serve(connection) }
            }
        }
    }

    /// Ends what it serves.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        final class Work {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { pointer in
                Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
                return nil
            },
            Unmanaged.passRetained(Work(body)).toOpaque()
        )
        pthread_detach(thread)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        while let head = Self.read(4, from: connection),
            let body = Self.read(Int(Self.integer(head, 4)), from: connection)
        {
            let key = Self.integer(body[0...], 2)
            let version = Self.integer(body[2...], 2)
            var answer = Array(body[4..<8])
            switch key {
            case 18: answer += Self.versions(version)
            case 3: answer += metadata()
            default: answer += configuration()
            }
            let bytes = Self.bytes(Int32(answer.count)) + answer
            let sent = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent == bytes.count else { return }
        }
    }

    // MARK: Answers

    /// Metadata 1, DescribeConfigs 0 and ApiVersions 0 to 3.
    private static func versions(_ version: Int64) -> [UInt8] {
        let known: [(key: Int16, low: Int16, high: Int16)] = [(3, 1, 1), (18, 0, 3), (32, 0, 0)]
        let isCompact = version >= 3
        var answer = bytes(Int16(0)) + (isCompact ? [UInt8(known.count + 1)] : bytes(Int32(known.count)))
        for api in known { answer += bytes(api.key) + bytes(api.low) + bytes(api.high) + (isCompact ? [0] : []) }
        if version >= 1 { answer += bytes(Int32(0)) }
        return answer + (isCompact ? [0] : [])
    }

    private func metadata() -> [UInt8] {
        let broker = Self.bytes(Int32(1)) + Self.text("127.0.0.1") + Self.bytes(Int32(port)) + Self.bytes(Int16(-1))
        return Self.bytes(Int32(1)) + broker + Self.bytes(Int32(1)) + Self.bytes(Int32(0))
    }

    private func configuration() -> [UInt8] {
        var code: Int16 = 0
        var entries: [(String, String)] = []
        switch policy {
        case .success(let policy): entries = [("retention.ms", "1000"), ("cleanup.policy", policy)]
        case .failure(let failure): code = failure.code
        }
        var answer = Self.bytes(Int32(0)) + Self.bytes(Int32(1)) + Self.bytes(code) + Self.bytes(Int16(-1)) + [2]
        answer += Self.text("t") + Self.bytes(Int32(entries.count))
        for (name, value) in entries { answer += Self.text(name) + Self.text(value) + [0, 0, 0] }
        return answer
    }

    // MARK: Bytes

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian, Array.init)
    }

    private static func text(_ text: String) -> [UInt8] { bytes(Int16(text.utf8.count)) + Array(text.utf8) }

    private static func integer(_ bytes: some Collection<UInt8>, _ size: Int) -> Int64 {
        bytes.prefix(size).reduce(0) { $0 << 8 | Int64($1) }
    }

    private static func read(_ count: Int, from connection: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress! + filled, count - filled, 0) }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
