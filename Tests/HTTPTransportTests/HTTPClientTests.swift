import Foundation
import HTTPTransport
import ScriptedServer
import Synchronization
import Testing

@Suite struct HTTPClientTests {
    private func withServer(
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        configuration: HTTPClient.Configuration = HTTPClient.Configuration(),
        _ body: (HTTPClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let client = try HTTPClient(configuration: configuration)
        defer { client.close() }
        try await body(client, server)
    }

    private func post(_ server: ScriptedServer, _ body: String = "", timeout: Duration = .seconds(10)) -> HTTPRequest {
        HTTPRequest(method: "POST", url: server.url + "/path?q=1", body: Array(body.utf8), timeout: timeout)
    }

    private func code(_ client: HTTPClient, _ request: HTTPRequest) async -> HTTPTransportError.Code? {
        do throws(HTTPTransportError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `an answer comes back whole`() async throws {
        let react = { @Sendable (_: ScriptedServer.Request) in
            ScriptedServer.Reaction.answer(status: 418, headers: ["X-One:  two "], body: "short and stout")
        }
        try await withServer(react) { client, server in
            var request = post(server, "{\"a\":1}")
            request.headers = [HTTPHeader("X-Given", "some: value"), HTTPHeader("X-Empty", "")]
            let response = try await client.send(request)
            #expect(response.status == 418)
            #expect(response.header("x-one") == "two")
            #expect(String(decoding: response.body, as: UTF8.self) == "short and stout")
            let received = try #require(server.requests.first)
            #expect(received.line == "POST /path?q=1 HTTP/1.1")
            #expect(received.headers["x-given"] == "some: value")
            #expect(received.headers["x-empty"] != nil)
            #expect(received.text == "{\"a\":1}")
        }
    }

    @Test(arguments: ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
    func `a request is sent with its method`(method: String) async throws {
        try await withServer({ _ in .answer(status: 204) }) { client, server in
            var request = post(server)
            request.method = method
            let response = try await client.send(request)
            #expect(response.status == 204)
            #expect(server.requests.first?.line.hasPrefix(method + " ") == true)
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `an empty body has a length`(method: String) async throws {
        try await withServer({ .answer(status: $0.headers["content-length"] == nil ? 411 : 200) }) { client, server in
            var request = post(server)
            request.method = method
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(server.requests.first?.headers["content-length"] == "0")
        }
    }

    @Test func `a GET without a body has no length`() async throws {
        try await withServer({ _ in .answer(status: 200) }) { client, server in
            var request = post(server)
            request.method = "GET"
            _ = try await client.send(request)
            let received = try #require(server.requests.first)
            #expect(received.headers["content-length"] == nil)
        }
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("?", "/?"), ("?q=1", "/?q=1"), ("/p?", "/p?"), ("/p#f", "/p"), ("/a/../b", "/a/../b"),
        ("/./a/.", "/./a/."), ("/%2e%2E/%7euser%2f", "/%2e%2E/%7euser%2f"), ("/Case/CASE", "/Case/CASE"),
        ("//x//", "//x//"), ("/a;b=1,c/@:!$&'()*+", "/a;b=1,c/@:!$&'()*+"), ("/p?a=/../b?c", "/p?a=/../b?c"),
        ("/p?%zz[]|", "/p?%zz[]|"),
    ])
    func `path and query are sent as they are written`(given: String, sent: String) async throws {
        try await withServer({ _ in .answer(status: 200) }) { client, server in
            var request = post(server)
            request.url = server.url + given
            _ = try await client.send(request)
            #expect(server.requests.map(\.line) == ["POST \(sent) HTTP/1.1"])
        }
    }

    private static let dropping = {
        var configuration = HTTPClient.Configuration()
        configuration.responseBodies = .dropped
        configuration.maximumResponseBytes = 1_000
        return configuration
    }()

    @Test(arguments: [
        (200, "200 OK\r\nContent-Length: 100\r\n\r\n0123456789"), (410, "410 Gone\r\nContent-Length: 100\r\n\r\nshort"),
        (200, "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"), (503, "503 Busy\r\nRetry-Af"), (204, "204 \r\n"),
        (200, "200 OK\r\nTransfer-Encoding: gzip, other\r\n\r\nx"),
        (200, "200 OK\r\nX: " + String(repeating: "y", count: 2_000) + "\r\n\r\n"),
        (429, "103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 429 Wait\r\nContent-Length: 9\r\n\r\n"),
    ])
    func `where bodies are dropped, the status decides`(status: Int, text: String) async throws {
        try await withServer({ _ in .raw("HTTP/1.1 " + text) }, configuration: Self.dropping) { client, server in
            let response = try await client.send(post(server))
            #expect(response.status == status)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 20", "SSH-2.0-x\r\n",
    ])
    func `without a status there is no answer`(text: String) async throws {
        try await withServer({ _ in .raw(text) }, configuration: Self.dropping) { client, server in
            #expect(await code(client, post(server)) == .brokenConnection)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["Transfer-Encoding: chunked", "Content-Length: 100"])
    func `a body that does not come is not awaited for long`(field: String) async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.text == "silence" ? .silence : .unfinished("HTTP/1.1 200 OK\r\nX-A: b\r\n\(field)\r\n\r\n")
        }
        try await withServer(react, configuration: Self.dropping) { client, server in
            let (ends, end) = AsyncStream.makeStream(of: String.self)
            for (body, timeout) in [("head", Duration.seconds(30)), ("silence", .seconds(3))] {
                client.start(post(server, body, timeout: timeout)) { result in
                    end.yield((try? result.get()).map { "\($0.status) \($0.header("x-a") ?? "")" } ?? "none")
                }
            }
            // The one with a head has ten times the time, and ends first.
            var order: [String] = []
            for await name in ends {
                order.append(name)
                if order.count == 2 { break }
            }
            #expect(order == ["200 b", "none"])
        }
    }

    @Test func `a connection is used again after a dropped body`() async throws {
        try await withServer({ _ in .answer(status: 200, body: "thanks") }, configuration: Self.dropping) {
            client,
            server in
            for _ in 0..<5 { _ = try await client.send(post(server)) }
            #expect(server.connectionCount == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an old connection is not used again`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.maximumConnectionAgeSeconds = 1
        try await withServer({ _ in .answer(status: 200) }, configuration: configuration) { client, server in
            while server.connectionCount < 2 { _ = try await client.send(post(server)) }
        }
        #expect(HTTPClient.Configuration().maximumConnectionAgeSeconds == 120)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a connection that was idle is not used again`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.maximumIdleSeconds = 1
        try await withServer({ _ in .answer(status: 200) }, configuration: configuration) { client, server in
            _ = try await client.send(post(server))
            // As long as it takes, since libcurl counts whole seconds. In use it stays the same one.
            var pause = Duration.milliseconds(100)
            while server.connectionCount < 2 {
                try await Task.sleep(for: pause)
                _ = try await client.send(post(server))
                pause += .milliseconds(500)
            }
        }
        #expect(HTTPClient.Configuration().maximumIdleSeconds == 25, "below the 30 s of firewalls")
    }

    /// The kernel lists the timer that a connection has: 2 is that of keeping it alive.
    @Test(.timeLimit(.minutes(1)))
    func `a connection that awaits an answer is kept alive`() async throws {
        try await withServer({ _ in .silence }) { client, server in
            let port = try #require(server.url.split(separator: ":").last.flatMap { UInt16($0) })
            let digits = String(port, radix: 16, uppercase: true)
            let remote = "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
            let request = post(server)
            // Ends with the test.
            async let _ = client.send(request)
            while true {
                let file = try #require(FileHandle(forReadingAtPath: "/proc/net/tcp"))
                let table = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
                let lines = table.split(separator: "\n").map { $0.split(separator: " ") }
                if lines.contains(where: { $0.count > 5 && $0[2] == remote && $0[3] == "01" && $0[5].hasPrefix("02:") })
                {
                    break
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `a connection is used for one request after another`() async throws {
        try await withServer({ .answer(status: 200, body: $0.text) }) { client, server in
            for index in 0..<20 {
                let response = try await client.send(post(server, "\(index)"))
                #expect(String(decoding: response.body, as: UTF8.self) == "\(index)")
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `many requests share a bounded number of connections`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.maximumConnectionsPerHost = 3
        try await withServer({ .answer(status: 200, body: $0.text) }, configuration: configuration) { client, server in
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let response = try await client.send(self.post(server, "\(index)"))
                        return String(decoding: response.body, as: UTF8.self) == "\(index)"
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(answers == 200)
            #expect(1...3 ~= server.connectionCount)
        }
    }

    @Test func `requests beyond the limit are refused at once`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.maximumOutstanding = 1
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let react = { @Sendable (_: ScriptedServer.Request) in
            arrived.yield()
            return ScriptedServer.Reaction.silence
        }
        try await withServer(react, configuration: configuration) { client, server in
            async let first = code(client, post(server))
            for await _ in arrivals { break }
            #expect(await code(client, post(server)) == .overloaded)
            client.close()
            #expect(await first == .closed)
        }
    }

    @Test func `an answer that is too large is not read`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.maximumResponseBytes = 1000
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.text == "body"
                ? ScriptedServer.Reaction.answer(status: 200, body: String(repeating: "x", count: 2000))
                : .answer(status: 200, headers: ["X: " + String(repeating: "y", count: 2000)])
        }
        try await withServer(react, configuration: configuration) { client, server in
            #expect(await code(client, post(server, "body")) == .responseTooLarge)
            #expect(await code(client, post(server, "header")) == .responseTooLarge)
        }
    }

    @Test func `silence ends with the timeout`() async throws {
        try await withServer({ _ in .silence }) { client, server in
            #expect(await code(client, post(server, timeout: .milliseconds(50))) == .timedOut)
        }
    }

    @Test func `a broken connection is an error`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            switch request.text {
            case "nothing": ScriptedServer.Reaction.hangUp
            case "half": ScriptedServer.Reaction.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            default: ScriptedServer.Reaction.raw("this is not HTTP\r\n\r\n")
            }
        }
        try await withServer(react) { client, server in
            for body in ["nothing", "half", "else"] {
                #expect(await code(client, post(server, body)) == .brokenConnection, "\(body)")
            }
        }
    }

    @Test func `a host where nobody listens is a connection failure`() async throws {
        let server = ScriptedServer { _ in .hangUp }
        server.stop()
        let client = try HTTPClient()
        #expect(await code(client, post(server)) == .connectFailed)
    }

    @Test func `a redirect is not followed`() async throws {
        try await withServer({ _ in .answer(status: 302, headers: ["Location: /elsewhere"]) }) { client, server in
            let response = try await client.send(post(server))
            #expect(response.status == 302)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "not a url", ""])
    func `only HTTP is spoken`(url: String) async throws {
        let client = try HTTPClient()
        let request = HTTPRequest(method: "GET", url: url, timeout: .seconds(5))
        #expect(await code(client, request) == .invalidRequest)
    }

    @Test(arguments: [
        HTTPHeader("X-A", "a\r\nX-B: b"), HTTPHeader("X A", "a"), HTTPHeader("X-A:", "a"), HTTPHeader("", "a"),
        HTTPHeader("X-A", "\u{0}"), HTTPHeader("X\nB", "a"), HTTPHeader("X-A", "  "),
    ])
    func `a header that could smuggle in another is refused`(header: HTTPHeader) async throws {
        try await withServer({ _ in .answer(status: 200) }) { client, server in
            var request = post(server)
            request.headers = [header]
            #expect(await code(client, request) == .invalidRequest)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `cancelling the task aborts the request`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let react = { @Sendable (_: ScriptedServer.Request) in
            arrived.yield()
            return ScriptedServer.Reaction.silence
        }
        try await withServer(react) { client, server in
            let task = Task { await code(client, post(server, timeout: .seconds(600))) }
            for await _ in arrivals { break }
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }

    @Test func `a cancelled task sends nothing of use`() async throws {
        try await withServer({ _ in .silence }) { client, server in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await code(client, post(server, timeout: .seconds(600)))
            }
            #expect(await task.value == .cancelled)
        }
    }

    @Test func `closing fails outstanding and later requests`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let react = { @Sendable (_: ScriptedServer.Request) in
            arrived.yield()
            return ScriptedServer.Reaction.silence
        }
        try await withServer(react) { client, server in
            let tasks = (0..<5).map { _ in Task { await code(client, post(server, timeout: .seconds(600))) } }
            var count = 0
            for await _ in arrivals {
                count += 1
                if count == 5 { break }
            }
            client.close()
            for task in tasks { #expect(await task.value == .closed) }
            #expect(await code(client, post(server)) == .closed)
        }
    }

    @Test func `a signed request carries the token and signs every header`() async throws {
        try await withServer({ _ in .answer(status: 200) }) { client, server in
            var request = post(server, "{}")
            request.headers = [HTTPHeader("content-type", "application/json"), HTTPHeader("x-amz-target", "T.Op")]
            let signature = AWSSignature(
                region: "eu-central-1",
                service: "dynamodb",
                accessKeyID: "AKID",
                secretAccessKey: "se:cret/+",
                sessionToken: "to/ken+="
            )
            _ = try await client.send(request.signed(signature, at: 1_440_938_160))
            let received = try #require(server.requests.first)
            #expect(received.headers["x-amz-date"] == "20150830T123600Z")
            #expect(received.headers["x-amz-security-token"] == "to/ken+=")
            let authorization = try #require(received.headers["authorization"])
            #expect(authorization.contains("Credential=AKID/"))
            #expect(authorization.contains("/eu-central-1/dynamodb/aws4_request"))
            #expect(
                authorization.contains(
                    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"
                )
            )
        }
    }

    @Test func `a signature does not show its secret`() {
        let signature = AWSSignature(
            region: "r",
            service: "s",
            accessKeyID: "AKID",
            secretAccessKey: "hush",
            sessionToken: "psst"
        )
        for text in ["\(signature)", String(reflecting: signature)] {
            #expect(!text.contains("hush"))
            #expect(!text.contains("psst"))
        }
    }
}
