internal import Glibc
internal import HTTPTransport
import Runtime
internal import Synchronization

/// An HTTP/1.1 server on 127.0.0.1 that answers, hangs up or stays silent as a test tells it, over plain sockets.
///
/// One thread accepts, and one more serves each connection; `stop()` ends them all.
package final class ScriptedServer: Sendable {
    /// A request as it arrived.
    package struct Request: Sendable {
        /// The number of the request, from 0, over all connections.
        package var index: Int
        /// The request line.
        package var line: String
        /// The header fields, names in lower case.
        package var headers: [String: String]
        /// The body.
        package var body: [UInt8]

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What to do with a request.
    package enum Reaction: Sendable {
        /// Answer, and keep the connection.
        case answer(status: Int, headers: [String] = [], body: String = "")
        /// Write these bytes and close.
        case raw(String)
        /// Write these bytes, keep the connection open and say nothing more.
        case unfinished(String)
        /// Close without an answer.
        case hangUp
        /// Keep the connection open and say nothing.
        case silence
    }

    private struct State {
        var connections: [Int32] = []
        var threads: [NamedThread] = []
        var requests: [Request] = []
        var isStopped = false
    }

    /// The base URL.
    package let url: String
    private let listener: Int32
    private let state = Mutex(State())
    private let react: @Sendable (Request) -> Reaction

    /// Starts a server that asks `react` what to do with each request, on that connection's thread.
    package init(_ react: @escaping @Sendable (Request) -> Reaction) {
        self.react = react
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                precondition(bind(listener, address, length) == 0)
                precondition(listen(listener, 128) == 0)
                getsockname(listener, address, &length)
            }
        }
        self.listener = listener
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        startThread { server in server.accept() }
    }

    /// Every request so far.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// How many connections were ever accepted.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Closes every connection and waits for the threads.
    package func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
        while let thread = state.withLock({ $0.threads.popLast() }) { thread.join() }
        close(listener)
        for connection in state.withLock({ $0.connections }) { close(connection) }
    }

    private func startThread(_ body: @escaping @Sendable (ScriptedServer) -> Void) {
        guard let thread = NamedThread(name: "scripted", body: { body(self) }) else { return }
        state.withLock { $0.threads.append(thread) }
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let isStopped = state.withLock { state in
                state.connections.append(connection)
                return state.isStopped
            }
            if isStopped { shutdown(connection, Int32(SHUT_RDWR)) }
            startThread { server in server.serve(connection) }
        }
    }

    /// Serves one connection. Its descriptor is closed by `stop()`, so that its number is not used again before.
    private func serve(_ connection: Int32) {
        var buffer: [UInt8] = []
        while let (line, headers, body) = readRequest(connection, &buffer) {
            let request = state.withLock { state in
                let request = Request(index: state.requests.count, line: line, headers: headers, body: body)
                state.requests.append(request)
                return request
            }
            switch react(request) {
            case .answer(let status, let headers, let body):
                let head = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
                write(connection, head.joined(separator: "\r\n") + "\r\n\r\n" + body)
            case .raw(let text):
                write(connection, text)
                shutdown(connection, Int32(SHUT_RDWR))
            case .unfinished(let text):
                write(connection, text)
                while readMore(connection, &buffer) {}
            case .hangUp:
                shutdown(connection, Int32(SHUT_RDWR))
            case .silence:
                // Waits until the client goes away or the server is stopped.
                while readMore(connection, &buffer) {}
            }
        }
        shutdown(connection, Int32(SHUT_RDWR))
    }

    private func readRequest(_ connection: Int32, _ buffer: inout [UInt8]) -> (String, [String: String], [UInt8])? {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = buffer.firstRange(of: separator) {
                let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = String(parts.last!.drop { $0 == " " })
                }
                let size = Int(headers["content-length"] ?? "0") ?? 0
                if headers["expect"] != nil { write(connection, "HTTP/1.1 100 Continue\r\n\r\n") }
                while buffer.count < end.upperBound + size {
                    guard readMore(connection, &buffer) else { return nil }
                }
                let body = Array(buffer[end.upperBound..<(end.upperBound + size)])
                buffer.removeFirst(end.upperBound + size)
                return (String(lines[0]), headers, body)
            }
            guard readMore(connection, &buffer) else { return nil }
        }
    }

    private func readMore(_ connection: Int32, _ buffer: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(connection, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk.prefix(count)
        return true
    }

    private func write(_ connection: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // No signal: a client that hangs up is part of the test.
            let count = bytes.withUnsafeBytes { send(connection, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
