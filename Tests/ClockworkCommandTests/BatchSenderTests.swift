import ClockworkClient
import Scheduling
import ScriptedServer
import Testing

@testable import clockwork

@Suite struct BatchSenderTests {
    private static let now = EpochMilliseconds(rawValue: 1_000_000)
    private static let receipt = #"{"clientId":"c","scheduleKey":"k","scheduleTime":5,"partition":0,"offset":1}"#
    private static let refusal = #"{"type":"urn:x","title":"Bad.","status":400,"detail":"not JSON","errors":[]}"#

    /// Answers each line: one that is no object is refused.
    private static func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reaction {
        let lines = request.text.split(separator: "\n").map { $0.hasPrefix("{") ? receipt : refusal }
        return .answer(status: 200, body: lines.joined(separator: "\n") + "\n")
    }

    private func file(_ text: String, isReady: @escaping () -> Bool = { true }) -> RequestFile {
        var rest = Array(text.utf8)[...]
        let lines = LineReader(name: "test", limit: 1_000) { buffer throws(LocalFileError) in
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        return RequestFile(lines: lines, sourceIsReady: isReady)
    }

    private func withClient(
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        _ body: (ClockworkHTTPClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let client = try ClockworkHTTPClient(address: ServiceAddress(baseURL: server.url))
        defer { client.close() }
        try await body(client, server)
    }

    @Test func `a file goes in batches, in order, and refusals name their lines`() async throws {
        try await withClient(Self.answer) { client, server in
            let text = (1...2_500).map { $0 == 1_203 ? "nonsense\n\n" : "{\"n\":\($0)}\n" }.joined()
            var refusals: [Int] = []
            var progress: [Int] = []
            var sender = BatchSender(client: client) { line, _ in refusals.append(line) }
            try await sender.send(file(text), now: { Self.now }) { progress.append($0) }
            #expect((sender.accepted, sender.refused) == (2_499, 1))
            #expect(refusals == [1_203])
            #expect(progress == [1_000, 2_000])
            #expect(server.requests.map(\.text).joined() == text.replacing("\n\n", with: "\n"))
            #expect(server.requests.count == 3)
        }
    }

    @Test func `what a pipe has given is sent before it is waited for`() async throws {
        try await withClient(Self.answer) { client, server in
            var sender = BatchSender(client: client) { _, _ in }
            try await sender.send(file("{}\n{}\n{}", isReady: { false }), now: { Self.now }) { _ in }
            #expect(server.requests.map(\.text) == ["{}\n{}\n", "{}\n"])
        }
    }

    @Test func `times relative to now are filled in`() async throws {
        try await withClient(Self.answer) { client, server in
            var sender = BatchSender(client: client) { _, _ in }
            try await sender.send(file(#"{"scheduleTime":"+1s"}"#), now: { Self.now }) { _ in }
            #expect(server.requests.map(\.text) == ["{\"scheduleTime\":1001000}\n"])
        }
    }

    @Test func `a batch is sent again while the service is busy, as long as it asks to wait`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            switch request.index {
            case 0: .answer(status: 503, headers: ["Retry-After: 7"])
            case 1: .answer(status: 502)
            case 2: .answer(status: 503, headers: ["Retry-After: 3600"])
            default: Self.answer(request)
            }
        }
        try await withClient(react) { client, server in
            var pauses: [Duration] = []
            var sender = BatchSender(client: client, pause: { pauses.append($0) }) { _, _ in }
            try await sender.send(file("{}\n"), now: { Self.now }) { _ in }
            #expect(sender.accepted == 1)
            #expect(pauses == [.seconds(7), .seconds(2), .seconds(30)])
            #expect(server.requests.map(\.text) == Array(repeating: "{}\n", count: 4))
        }
    }

    @Test func `a batch is sent again when the service could not take one of its lines`() async throws {
        let busy = #"{"type":"urn:x","title":"Busy.","status":503,"errors":[]}"#
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.index == 0 ? .answer(status: 200, body: "\(Self.receipt)\n\(busy)\n") : Self.answer(request)
        }
        try await withClient(react) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { line, _ in Issue.record("line \(line) refused")
            }
            try await sender.send(file("{}\n{}\n"), now: { Self.now }) { _ in }
            #expect((sender.accepted, sender.refused) == (2, 0))
            #expect(server.requests.map(\.text) == ["{}\n{}\n", "{}\n{}\n"])
        }
    }

    @Test func `a service that does not come back ends the send and the error names the line`() async throws {
        try await withClient({ _ in .answer(status: 503) }) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { _, _ in }
            let error = await #expect(throws: ClientError.self) {
                try await sender.send(file("\n\n{}\n{}\n"), now: { Self.now }) { _ in }
            }
            #expect(error?.description == "line 3 and later ones may not be sent: HTTP status 503")
            #expect(server.requests.count == BatchSender.attempts)
        }
    }

    @Test func `a wrong token is not tried again`() async throws {
        try await withClient({ _ in .answer(status: 401) }) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { _, _ in }
            await #expect(throws: ClientError.self) {
                try await sender.send(file("{}\n"), now: { Self.now }) { _ in }
            }
            #expect(server.requests.count == 1)
        }
    }
}
