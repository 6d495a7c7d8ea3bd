import Foundation
import ScriptedServer
import Synchronization
import Testing

extension LocalCluster {
    /// Pods that call real HTTP servers on loopback.
    @Suite(.timeLimit(.minutes(5)))
    struct CallbackTests {
        private static let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "another-secret"]
        private static let allowPrivate = ["CALLBACK_ALLOW_PRIVATE": "true"]

        /// What the endpoint at `path` does with an attempt.
        private static func reaction(_ request: ScriptedServer.Request) -> ScriptedServer.Reaction {
            let isFirst = request.attempt == 1
            return switch request.path {
            case "/created": .answer(status: 201, body: "thanks")
            case "/busy": isFirst ? .answer(status: 503) : .answer(status: 200)
            case "/early": isFirst ? .answer(status: 425) : .answer(status: 200)
            case "/limited": isFirst ? .answer(status: 429, headers: ["Retry-After: 2"]) : .answer(status: 200)
            case "/slow": isFirst ? .silence : .answer(status: 200)
            case "/gone": .answer(status: 410)
            case "/moved": .answer(status: 302, headers: ["Location: /created"])
            case "/down": .answer(status: 500)
            default: .answer(status: 200)
            }
        }

        @Test func `callbacks are made, signed, retried and given up as the contract says`() async throws {
            let server = ScriptedServer(Self.reaction)
            defer { server.stop() }
            // By itself: a connection that is closed without an answer is tried anew at once where it had been used.
            let broken = ScriptedServer { $0.attempt == 1 ? .hangUp : .answer(status: 200) }
            defer { broken.stop() }
            try await TestCluster.with(.sqlite) { cluster in
                let secrets = Self.secrets.joined(separator: " ")
                _ = try cluster.startPod("pod", Self.allowPrivate.merging(["CALLBACK_SIGNING_SECRET": secrets]) { $1 })
                let quick = #","retry":{"initialBackoffMs":50,"maxAttempts":3}"#
                let due = nowMilliseconds() + 500
                var requests = [
                    CallbackRequest(
                        "created",
                        url: server.url + "/created?q=1",
                        #","method":"PUT","headers":{"X-Any":"v","content-type":"text/plain"}"#,
                        time: due
                    ),
                    CallbackRequest("slow", url: server.url + "/slow", #","timeoutMs":300"# + quick, time: due),
                    CallbackRequest(
                        "limited",
                        url: server.url + "/limited",
                        #","retry":{"initialBackoffMs":1}"#,
                        time: due
                    ),
                ]
                requests.append(CallbackRequest("broken", url: broken.url + "/broken", quick, time: due))
                for path in ["busy", "early", "gone", "moved", "down"] {
                    requests.append(CallbackRequest(path, url: server.url + "/" + path, quick, time: due))
                }
                let positions = try await cluster.source.send(requests.map(\.record))
                var ids: [String: String] = [:]
                for (request, position) in zip(requests, positions) {
                    ids[request.key] = "\(cluster.intake)/\(position.partition)/\(position.offset)"
                }

                let expected = [
                    "created": 1, "slow": 2, "limited": 2, "busy": 2, "early": 2, "broken": 2, "gone": 1, "moved": 1,
                    "down": 3,
                ]
                try await wait("\(expected.values.reduce(0, +)) attempts") {
                    server.requests.count + broken.requests.count >= expected.values.reduce(0, +)
                }
                let letters = try await cluster.allDeadLetters(3)
                try await cluster.waitUntilSettled()
                let seen = server.requests + broken.requests
                for (key, count) in expected {
                    let attempts = seen.filter { $0.key == key }
                    #expect(attempts.map(\.attempt) == Array(1...count), "\(key)")
                    for attempt in attempts {
                        #expect(attempt.text == CallbackRequest.payload(key))
                        #expect(attempt.headers["webhook-id"] == ids[key])
                        #expect(attempt.headers["clockwork-id"] == ids[key])
                        #expect(attempt.headers["clockwork-client-id"] == "client")
                        #expect(attempt.headers["clockwork-schedule-time"] == "\(due)")
                        let isGiven = key == "created"
                        #expect(attempt.line.hasPrefix(isGiven ? "PUT /created?q=1 " : "POST /\(key) "))
                        #expect(
                            attempt.headers["content-type"] == (isGiven ? "text/plain" : "application/octet-stream")
                        )
                        #expect(attempt.headers["x-any"] == (isGiven ? "v" : nil))
                    }
                }
                let limited = seen.filter { $0.key == "limited" }.compactMap {
                    $0.headers["webhook-timestamp"].flatMap { Int64($0) }
                }
                #expect(limited.count == 2 && limited[1] - limited[0] >= 2, "Retry-After: 2 was not respected")

                for (key, status, attempts) in [("gone", 410, 1), ("moved", 302, 1), ("down", 500, 3)] {
                    let letter = try #require(letters.first { $0.header("clockwork-schedule-key") == key })
                    #expect(letter.header("clockwork-error") == "callback-failed")
                    let detail = letter.header("clockwork-error-detail") ?? ""
                    #expect(detail == "\(server.url) answered \(status) at attempt \(attempts) of 3.")
                    #expect(letter.header("clockwork-source") == ids[key])
                    #expect(letter.header("clockwork-schedule-time") == "\(due)")
                    #expect(letter.record.value == Array(CallbackRequest.payload(key).utf8))
                }
                for secret in Self.secrets { try await verify(seen, secret) }
            }
        }

        /// Has the reference implementation verify what a server has received.
        private func verify(_ requests: [ScriptedServer.Request], _ secret: String) async throws {
            let python = try #require(ProcessInfo.processInfo.environment["CLOCKWORK_PYTHON"], "Tests/run.sh sets it")
            let encoded =
                secret.hasPrefix("whsec_") ? secret : "whsec_" + Data(secret.utf8).base64EncodedString()
            let lines = requests.map { request in
                let headers = request.headers.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
                return "{\"secret\":\(quoted(encoded)),\"headers\":{\(headers)},\"body\":\(quoted(request.text))}"
            }
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Support/verify_webhooks.py").path
            try await withTemporaryFolder { folder in
                let verifier = try ChildProcess(
                    python,
                    [script],
                    environment: Clockwork.baseEnvironment,
                    input: Array(lines.joined(separator: "\n").utf8),
                    files: folder + "/verifier"
                )
                #expect(try await verifier.waitForExit() == .code(0), "\(verifier.errors)")
                #expect(verifier.output == "\(requests.count)\n")
            }
        }

        @Test func `a callback that is not allowed is refused, and no connection is made`() async throws {
            let server = ScriptedServer { _ in .answer(status: 200) }
            defer { server.stop() }
            try await TestCluster.with(.sqlite) { cluster in
                _ = try cluster.startPod(
                    "pod",
                    ["CALLBACK_HOST_ALLOW": "localhost:*, 127.0.0.1:*, [::1]:*, 2130706433:*"]
                )
                let port = server.url.split(separator: ":")[2]
                let hosts = ["localhost", "127.0.0.1", "[::1]", "2130706433"]
                var requests = hosts.map { CallbackRequest($0, url: "https://\($0):\(port)/", time: 0) }
                requests.append(CallbackRequest("plain", url: server.url, time: 0))
                requests.append(CallbackRequest("elsewhere", url: "https://example.com/", time: 0))
                _ = try await cluster.source.send(requests.map(\.record))
                let letters = try await cluster.allDeadLetters(requests.count)
                let codes = letters.map { $0.header("clockwork-error") ?? "" }
                #expect(codes.count { $0 == "callback-failed" } == hosts.count)
                #expect(codes.count { $0 == "invalid-field" } == 2)
                #expect(letters.allSatisfy { $0.header("clockwork-error-detail")?.isEmpty == false })
                #expect(server.connectionCount == 0)
            }
        }

        @Test
        func `a callback to a host that is no longer allowed is dead-lettered when it falls due`() async throws {
            let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 10"]) }
            defer { server.stop() }
            try await TestCluster.with(.sqlite) { cluster in
                let wide = try cluster.startPod("wide", Self.allowPrivate)
                let later = nowMilliseconds() + 12_000
                let requests = [
                    CallbackRequest("retry", url: server.url, time: 0),
                    CallbackRequest("pending", url: server.url, time: later),
                ]
                _ = try await cluster.source.send(requests.map(\.record))
                try await wait("the first attempt") { server.requests.count == 1 }
                try await cluster.waitUntilSettled()
                wide.process.send(SIGTERM)
                _ = try await wide.process.waitForExit()
                _ = try cluster.startPod(
                    "narrow",
                    Self.allowPrivate.merging(["CALLBACK_HOST_ALLOW": "hooks.example"]) { $1 }
                )
                let letters = try await cluster.allDeadLetters(2)
                #expect(Set(letters.compactMap { $0.header("clockwork-schedule-key") }) == ["retry", "pending"])
                for letter in letters {
                    #expect(letter.header("clockwork-error") == "callback-failed")
                    #expect(
                        letter.header("clockwork-error-detail")
                            == "\(server.url) must not lead to that host and port: callbacks to it are not allowed"
                    )
                }
                #expect(server.requests.count == 1)
            }
        }

        @Test func `a path that fails delays no other of its host`() async throws {
            let server = ScriptedServer { .answer(status: $0.path == "/hooks/a" ? 503 : 200) }
            defer { server.stop() }
            try await TestCluster.with(.sqlite) { cluster in
                try await cluster.waitForOwners([try cluster.startPod("pod", Self.allowPrivate)])
                let start = nowMilliseconds() + 1_000
                let dead = (0..<20).map { CallbackRequest("a\($0)", url: server.url + "/hooks/a", time: start) }
                let healthy = (0..<20).map {
                    CallbackRequest("b\($0)", url: server.url + "/hooks/b", time: start + Int64($0) * 500)
                }
                _ = try await cluster.source.send((dead + healthy).map(\.record))
                try await wait("the callbacks to the healthy path") {
                    server.requests.count { $0.path == "/hooks/b" } == healthy.count
                }
                let lateness = server.requests.filter { $0.path == "/hooks/b" }.compactMap { request in
                    request.headers["webhook-timestamp"].flatMap { Int64($0) }.flatMap { seconds in
                        request.headers["clockwork-schedule-time"].flatMap { Int64($0) }.map { seconds - $0 / 1_000 }
                    }
                }
                print("beside a path that fails: attempts after \(lateness.sorted()) s, whole seconds")
                #expect(lateness.count == healthy.count && lateness.allSatisfy { $0 <= 1 })
            }
        }

        @Test
        func `when a pod is killed between attempts, another makes the next in time, with its number`() async throws {
            let server = ScriptedServer { request in
                request.attempt == 1 ? .answer(status: 503, headers: ["Retry-After: 12"]) : .answer(status: 200)
            }
            defer { server.stop() }
            try await TestCluster.with(.dynamoDB) { cluster in
                let first = try cluster.startPod("first", Self.allowPrivate)
                try await cluster.waitForOwners([first])
                let requests = (0..<4).map {
                    CallbackRequest("k\($0)", url: server.url, #","retry":{"initialBackoffMs":1}"#, time: 0)
                }
                _ = try await cluster.source.send(requests.map(\.record))
                try await wait("the first attempts") { server.requests.count == requests.count }
                // The retries are in the store once their creates are settled and the store has had a moment.
                try await cluster.waitUntilSettled()
                try await sleep(untilMilliseconds: nowMilliseconds() + 2_000)
                first.process.send(SIGKILL)
                _ = try await first.process.waitForExit()
                _ = try cluster.startPod("second", Self.allowPrivate)
                try await wait("the second attempts") { server.requests.count >= 2 * requests.count }
                try await cluster.waitUntilSettled()
                for request in requests {
                    let attempts = server.requests.filter { $0.key == request.key }
                    #expect(attempts.map(\.attempt) == [1, 2])
                    let times = attempts.compactMap { $0.headers["webhook-timestamp"].flatMap { Int64($0) } }
                    #expect(times.count == 2 && times[1] - times[0] >= 12, "early: \(times)")
                    #expect(Set(attempts.compactMap { $0.headers["webhook-id"] }).count == 1)
                    print("killed between attempts: \(request.key) again after \(times[1] - times[0]) s of 12")
                }
            }
        }

        @Test func `an ordered callback holds its ordering key through its retries, and no other`() async throws {
            let server = ScriptedServer { request in
                request.key == "a" && request.attempt < 3 ? .answer(status: 503) : .answer(status: 200)
            }
            defer { server.stop() }
            try await TestCluster.with(.sqlite) { cluster in
                _ = try cluster.startPod("pod", Self.allowPrivate)
                let due = nowMilliseconds() + 500
                let retry = #","retry":{"initialBackoffMs":400}"#
                let requests = ["a", "b", "c"].enumerated().map { index, key in
                    CallbackRequest(
                        key,
                        orderingKey: "o",
                        url: server.url,
                        (key == "a" ? #","ordered":true"# : "") + retry,
                        time: due + Int64(index)
                    )
                }
                _ = try await cluster.source.send(requests.map(\.record))
                try await wait("all attempts") { server.requests.count >= 5 }
                let order = server.requests.map { "\($0.key)\($0.attempt)" }
                #expect(order.prefix(3) == ["a1", "a2", "a3"])
                #expect(Set(order.suffix(2)) == ["b1", "c1"])
            }
        }

        private static let node = ["/usr/bin/node", "/usr/local/bin/node"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }

        @Test
        func `certificates are verified, a named private authority is trusted, and HTTP2 is spoken`() async throws {
            try await withTemporaryFolder { folder in
                try await makeCertificates(folder)
                let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .appending(path: "Support/secure_server.mjs").path
                let server = try ChildProcess(
                    try #require(Self.node, "scripts/setup.sh --tests installs nodejs"),
                    [script, folder + "/server.key", folder + "/server.pem"],
                    environment: Clockwork.baseEnvironment,
                    files: folder + "/server"
                )
                defer { server.send(SIGKILL) }
                try await wait("the server's port") { server.output.contains("\n") }
                let url = "https://localhost:\(server.output.prefix { $0 != "\n" })/hook"
                let once = #","retry":{"maxAttempts":1}"#
                try await TestCluster.with(.sqlite) { cluster in
                    let stranger = try cluster.startPod("stranger", Self.allowPrivate)
                    _ = try await cluster.source.send([CallbackRequest("untrusted", url: url, once, time: 0).record])
                    let letter = try #require(try await cluster.allDeadLetters(1).first)
                    #expect(letter.header("clockwork-error") == "callback-failed")
                    #expect(letter.header("clockwork-error-detail")?.contains("SSL peer certificate") == true)
                    stranger.process.send(SIGKILL)
                    _ = try await stranger.process.waitForExit()

                    let trusting = Self.allowPrivate.merging(["CALLBACK_CA_FILE": folder + "/ca.pem"]) { $1 }
                    _ = try cluster.startPod("trusting", trusting)
                    _ = try await cluster.source.send([CallbackRequest("trusted", url: url, once, time: 0).record])
                    try await wait("the callback") { server.output.contains("/hook") }
                    #expect(server.output.hasSuffix("\n2.0 POST /hook \"payload of trusted\"\n"), "\(server.output)")
                }
            }
        }

        private func makeCertificates(_ folder: String) async throws {
            let commands = """
                set -e
                cd "$1"
                new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=private -days 2
                openssl req $new -keyout server.key -out server.csr -subj /CN=localhost
                echo subjectAltName=DNS:localhost >names
                openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 \
                    -extfile names
                """
            let shell = try ChildProcess(
                "/bin/sh",
                ["-c", commands, "sh", folder],
                environment: Clockwork.baseEnvironment,
                files: folder + "/openssl"
            )
            #expect(try await shell.waitForExit() == .code(0), "\(shell.errors)")
        }
    }
}
