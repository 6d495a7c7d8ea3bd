import ClockworkAPI
import HTTPTransport
import TestSupport
import Testing

/// What clients do wrong, and what is at the edges of the contract.
@Suite(.serialized) struct EdgeTests {
    @Test func `what is not known is named, and refused where it would change what is meant`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let body = LivePod.create("k", at: LivePod.later(600_000))
            let misspelt = body.dropLast() + ",\"ordering_key\":\"o\"}"
            let accepted = try await pod.call("POST", "/schedule", body: String(misspelt))
            #expect(accepted.status == 202)
            let warning = #""warnings":[{"field":"ordering_key","message":"is not known and was ignored"}]"#
            #expect(accepted.text.contains(warning), "\(accepted.text)")
            #expect(try await !pod.call("POST", "/schedule", body: body).text.contains("warnings"))
            let cancel = #"{"clientId":"c","scheduleKey":"k","orderingKey":"k","orderingkey":"o"}"#
            let cancelled = try await pod.call("DELETE", "/schedule", body: cancel)
            #expect(cancelled.text.contains(#""field":"orderingkey""#), "\(cancelled.text)")
            let inside = body.replacing("\"topic\"", with: "\"retries\":3,\"topic\"")
            let refused = try await pod.call("POST", "/schedule", body: inside)
            #expect(refused.status == 400)
            #expect(refused.text.contains("\"field\":\"delivery.retries\""), "\(refused.text)")
        }
    }

    @Test func `every field that is wrong is named`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let body = "{\"clientId\":\"\",\"taskData\":1,\"delivery\":{\"topic\":\"a b\"},\"scheduleTime\":-1}"
            let answer = try await pod.call("POST", "/schedule", body: body)
            #expect(answer.status == 400)
            #expect(answer.header("Content-Type") == "application/problem+json")
            for field in ["clientId", "scheduleKey", "taskData", "delivery.topic", "scheduleTime"] {
                #expect(answer.text.contains("{\"field\":\"\(field)\",\"message\":"), "\(field)")
            }
            for member in ["type", "title", "status", "detail"] { #expect(answer.text.contains("\"\(member)\":")) }
        }
    }

    @Test(arguments: ["", "[]", "{", "null", "{\"clientId\":\"a\"} x", "\u{FEFF}{}", "{\"clientId\":\"\\ud800\"}"])
    func `what is not one JSON object is refused`(body: String) async throws {
        try await LivePod.with(runsPod: false) { pod in
            let answer = try await pod.call("POST", "/schedule", body: body)
            #expect(answer.status == 400)
            #expect(answer.text.contains("urn:clockwork:problem:invalid-json"))
        }
    }

    @Test func `unknown paths, other methods and a create where a cancel belongs are refused`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            for path in ["/", "/schedule/a", "/schedule/a/b/c", "/schedules", "/health", "/metrics/x"] {
                #expect(try await pod.call("GET", path).status == 404, "\(path)")
            }
            for (method, path, allow) in [
                ("GET", "/schedule", "POST, DELETE"), ("PUT", "/schedule", "POST, DELETE"),
                ("POST", "/schedule/a/b", "GET, HEAD, DELETE"), ("POST", "/partitions", "GET, HEAD"),
                ("DELETE", "/health/live", "GET, HEAD"), ("OPTIONS", "/openapi.json", "GET, HEAD"),
            ] {
                let answer = try await pod.call(method, path)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.header("Allow") == allow)
            }
            let body = LivePod.create("k", at: 0).replacing(
                "{\"clientId\"",
                with: "{\"action\":\"create\",\"clientId\""
            )
            let answer = try await pod.call("DELETE", "/schedule", body: body)
            #expect(answer.status == 400)
            #expect(answer.text.contains("\"field\":\"action\""))
        }
    }

    @Test func `a HEAD is answered as a GET, without the body`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let connection = try RawConnection(port: pod.port)
            connection.send("HEAD /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer = await connection.read()
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.lowercased().contains("content-length: "))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a client that waits to be asked for its body is asked, unless it is too large`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let body = LivePod.create("k", at: LivePod.later(600_000))
            let connection = try RawConnection(port: pod.port)
            let head = "POST /schedule HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
            connection.send(head + "\(body.utf8.count)\r\n\r\n")
            #expect(await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100"))
            connection.send(body)
            #expect(await connection.read(until: "offset").hasPrefix("HTTP/1.1 202"))
            let large = try RawConnection(port: pod.port)
            large.send(head + "2000000\r\n\r\n")
            #expect(await large.read(until: "\r\n").hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func `a path that is no UTF-8 or too long is refused`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            for path in ["/schedule/%zz/k", "/schedule/%ff/k", "/schedule/a/%2", "/schedule//k", "/schedule/a/"] {
                #expect(try await pod.call("GET", path).status == 400, "\(path)")
            }
            let long = try await pod.call("GET", "/schedule/a/" + String(repeating: "k", count: 513))
            #expect(long.status == 400)
            #expect(long.text.contains("\"field\":\"scheduleKey\""))
        }
    }

    @Test func `any bytes of a key survive the path`() async throws {
        try await LivePod.with { pod in
            for (key, part) in [
                ("a/b", "a%2Fb"), ("a#b?c&d", "a%23b%3Fc%26d"), ("\u{0}\u{1}\n", "%00%01%0a"), ("100%", "100%25"),
                ("größe 時計", "gr%C3%B6%C3%9Fe%20%E6%99%82%E8%A8%88"), ("..", "%2e%2E"), ("a+b", "a+b"),
                ("e\u{301}", "e%CC%81"), ("\"\\", "%22%5C"),
            ] {
                let body = LivePod.create(key, client: "c/ü", at: LivePod.later(600_000))
                let created = try await pod.call("POST", "/schedule", body: body)
                #expect(created.status == 202, "\(part): \(created.text)")
                let path = "/schedule/c%2F%C3%BC/" + part
                let status = try await pod.status(path, until: "PENDING")
                #expect(status.number("offset") == created.number("offset"), "\(part)")
                let cancelled = try await pod.call("DELETE", path, headers: [HTTPHeader("Prefer", "wait=30")])
                #expect(cancelled.status == 200, "\(part): \(cancelled.text)")
            }
        }
    }

    @Test func `a body beyond the limit is refused`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let body = String(repeating: " ", count: 1 << 20 + 1)
            #expect(try await pod.call("POST", "/schedule", body: body).status == 413)
            #expect(try await pod.call("POST", "/schedule", body: String(body.dropLast())).status == 400)
            let connection = try RawConnection(port: pod.port)
            connection.send("POST /schedule HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<17 { connection.send("10000\r\n" + String(repeating: "x", count: 1 << 16) + "\r\n") }
            #expect(await connection.read(until: "\r\n").hasPrefix("HTTP/1.1 413"))
            // To the byte, whatever the chunks are.
            for (surplus, status) in [(0, "400"), (1, "413")] {
                let exact = try RawConnection(port: pod.port)
                exact.send("POST /schedule HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                var rest = 1 << 20 + surplus
                for size in [1, 99_999, 1 << 19] + Array(repeating: 70_000, count: 9) {
                    let size = min(size, rest)
                    rest -= size
                    if size > 0 {
                        exact.send(String(size, radix: 16) + "\r\n" + String(repeating: "x", count: size) + "\r\n")
                    }
                }
                #expect(rest == 0)
                exact.send("0\r\n\r\n")
                let answer = await exact.read(until: "\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)")
            }
            let payload = LivePod.create("k", at: 0)
                .replacing("\"x\"", with: "\"\(String(repeating: "y", count: 358_401))\"")
            let large = try await pod.call("POST", "/schedule", body: payload)
            #expect(large.status == 413)
            #expect(large.text.contains("payload-too-large"))
        }
    }

    @Test func `tokens guard all but health`() async throws {
        try await LivePod.with(tokens: ["secret", "other"], runsPod: false) { pod in
            for (method, path) in [
                ("POST", "/schedule"), ("GET", "/schedule/a/b"), ("GET", "/partitions"), ("GET", "/openapi.json"),
                ("GET", "/nothing"),
            ] {
                for header in [nil, "Bearer wrong", "Bearer secretx", "Bearer ", "Basic secret", "secret"] {
                    let headers = header.map { [HTTPHeader("Authorization", $0)] } ?? []
                    let answer = try await pod.call(method, path, headers: headers)
                    #expect(answer.status == 401, "\(path) \(header ?? "")")
                    #expect(answer.header("WWW-Authenticate") == "Bearer")
                }
            }
            for header in ["Bearer secret", "bearer other"] {
                let headers = [HTTPHeader("Authorization", header)]
                #expect(try await pod.call("GET", "/partitions", headers: headers).status == 200)
            }
            #expect(try await pod.call("GET", "/health/live").status == 200)
            while try await pod.call("GET", "/health/ready").status != 200 {}
        }
    }

    @Test func `malformed HTTP is answered with 400, and others are served on`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            for text in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{1} HTTP/1.1\r\nA\r\n\r\n"] {
                let connection = try RawConnection(port: pod.port)
                connection.send(text)
                let answer = await connection.read()
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(text): \(answer)")
            }
            #expect(try await pod.call("GET", "/health/live").status == 200)
        }
    }

    @Test func `a client that is slow with a head or a body is cut off`() async throws {
        var limits = HTTPAPILimits()
        limits.headTimeout = .milliseconds(500)
        limits.bodyTimeout = .milliseconds(500)
        limits.idleTimeout = .milliseconds(900)
        try await LivePod.with(runsPod: false, limits: limits) { pod in
            let silent = try RawConnection(port: pod.port)
            let head = try RawConnection(port: pod.port)
            head.send("GET /health/live HTTP/1.1\r\nHost:")
            let body = try RawConnection(port: pod.port)
            body.send("POST /schedule HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            let idle = try RawConnection(port: pod.port)
            idle.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            let stream = try RawConnection(port: pod.port)
            let type = "Content-Type: application/x-ndjson"
            stream.send("POST /schedule HTTP/1.1\r\nHost: x\r\n\(type)\r\nTransfer-Encoding: chunked\r\n\r\n")
            // Each of these ends only because the pod closes the connection.
            #expect(await silent.read().isEmpty)
            #expect(await head.read().isEmpty)
            #expect(!(await body.read().contains("202")))
            #expect(await idle.read().hasPrefix("HTTP/1.1 200"))
            _ = await stream.read()
            #expect(try await pod.call("GET", "/health/live").status == 200)
        }
    }

    @Test func `past the bound on concurrent requests they are refused, and health is not`() async throws {
        var limits = HTTPAPILimits()
        limits.concurrentRequests = 2
        try await LivePod.with(runsPod: false, limits: limits) { pod in
            let head = "POST /schedule HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
            var busy: [RawConnection] = []
            for _ in 0..<2 {
                let connection = try RawConnection(port: pod.port)
                connection.send(head)
                busy.append(connection)
            }
            var refused = try await pod.call("GET", "/partitions")
            while refused.status != 503 {
                // The question itself takes a place while it is answered, and may have taken it from one of these.
                for index in busy.indices where busy[index].hasInput {
                    busy[index] = try RawConnection(port: pod.port)
                    busy[index].send(head)
                }
                refused = try await pod.call("GET", "/partitions")
            }
            #expect(refused.header("Retry-After") == "1")
            #expect(refused.text.contains("too-busy"))
            #expect(try await pod.call("GET", "/health/live").status == 200)
            for connection in busy {
                connection.send("{}")
                #expect(await connection.read(until: "\r\n").hasPrefix("HTTP/1.1 400"))
            }
            while try await pod.call("GET", "/partitions").status != 200 {}
        }
    }

    @Test func `the document that is served is the one of the repository and tells of every route`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let served = try await pod.call("GET", "/openapi.json")
            #expect(served.header("Content-Type") == "application/json")
            #expect(served.text == (try OpenAPITests.file()))
        }
    }

    @Test func `once its end is announced it serves on, is not ready, and asks clients to close their connections`()
        async throws
    {
        try await LivePod.with(runsPod: false) { pod in
            while try await pod.call("GET", "/health/ready").status != 200 {}
            #expect(try await pod.call("GET", "/health/live").header("Connection") == nil)
            pod.api.announceEnd()
            let ready = try await pod.call("GET", "/health/ready")
            #expect(ready.status == 503 && ready.text.contains("The process is ending."))
            for number in 0..<3 {
                let body = LivePod.create("k\(number)", at: LivePod.later(600_000))
                let answer = try await pod.call("POST", "/schedule", body: body)
                #expect(answer.status == 202 && answer.header("Connection") == "close")
            }
        }
    }
}
