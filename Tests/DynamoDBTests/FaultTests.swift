import DynamoDB
import HTTPTransport
import Logging
import ScriptedServer
import Synchronization
import Testing

/// A DynamoDB that throttles, fails, hangs up, is late or does half of what it was asked to.
@Suite struct FaultTests {
    private typealias Reaction = ScriptedServer.Reaction

    private func withClient<Output>(
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        attemptTimeout: Duration = .seconds(5),
        _ body: (DynamoDBClient, ScriptedServer) async throws -> Output
    ) async throws -> Output {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        defer { http.close() }
        var configuration = DynamoDBClient.Configuration(endpoint: server.url, region: "eu-central-1")
        configuration.attemptTimeout = attemptTimeout
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(10))
        let client = DynamoDBClient(
            configuration: configuration,
            credentials: StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")),
            http: http,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        return try await body(client, server)
    }

    private func soon(_ duration: Duration = .seconds(20)) -> ContinuousClock.Instant { .now + duration }

    private func error(
        _ body: () async throws(DynamoDBError) -> Void
    ) async -> DynamoDBError? {
        do throws(DynamoDBError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private static func failure(_ exception: String, status: Int = 400) -> ScriptedServer.Reaction {
        .answer(
            status: status,
            body: "{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(exception)\",\"message\":\"No.\"}"
        )
    }

    @Test func `throttling, failures and broken connections are repeated until the write is done`() async throws {
        let faults: [ScriptedServer.Reaction] = [
            Self.failure("ProvisionedThroughputExceededException"), Self.failure("ThrottlingException"),
            Self.failure("RequestLimitExceeded"), Self.failure("InternalServerError", status: 500),
            .answer(status: 503, body: "<html>"), .hangUp, .raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            .answer(status: 200, body: "<html>not DynamoDB"), .answer(status: 429, body: ""), .silence,
        ]
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.index < faults.count ? faults[request.index] : .answer(status: 200, body: "{}")
        }
        try await withClient(react, attemptTimeout: .milliseconds(300)) { client, server in
            try await client.put(["partitionId": .string("1")], table: "t", deadline: soon())
            // libcurl itself repeats a request once where a kept connection turns out to be closed.
            #expect(server.requests.count >= faults.count + 1)
            #expect(Set(server.requests.map(\.text)).count == 1)
        }
    }

    @Test(arguments: [
        ("ResourceNotFoundException", DynamoDBError.Code.tableNotFound), ("ValidationException", .invalidRequest),
        ("AccessDeniedException", .accessDenied), ("UnrecognizedClientException", .accessDenied),
        ("SomethingNewException", .other), ("ResourceInUseException", .tableInUse),
    ])
    func `a request that cannot succeed is not repeated`(exception: String, code: DynamoDBError.Code) async throws {
        try await withClient({ _ in Self.failure(exception) }) { client, server in
            let error = await error { () async throws(DynamoDBError) in
                try await client.put([:], table: "t", deadline: soon())
            }
            #expect(error?.code == code)
            #expect(error?.exception == exception)
            #expect(error?.isRetriable == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an error does not repeat the signed request`() async throws {
        let detail = "The request signature we calculated does not match.\\n\\nPOST\\nx-amz-security-token:psst"
        let body = "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"\(detail)\"}"
        try await withClient({ _ in .answer(status: 400, body: body) }) { client, _ in
            let error = try #require(
                await error { () async throws(DynamoDBError) in try await client.put([:], table: "t", deadline: soon())
                }
            )
            #expect("\(error)".contains("does not match"))
            #expect(!"\(error)".contains("psst"))
        }
    }

    /// Every other write of a batch is left unprocessed, again and again, and failures come between.
    @Test(.timeLimit(.minutes(1))) func `nothing of a batch is dropped`() async throws {
        let stored = Mutex<[Int]>([])
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            if request.index % 5 == 3 { return Self.failure("InternalServerError", status: 500) }
            if request.index % 7 == 4 { return .hangUp }
            let puts = request.text.split(separator: "{\"PutRequest\"").dropFirst()
                .map {
                    $0.hasSuffix(",")
                        ? String($0.dropLast()) : $0.hasSuffix("]}}") ? String($0.dropLast(3)) : String($0)
                }
            var unprocessed: [String] = []
            for (index, put) in puts.enumerated() {
                if index % 2 == 0 {
                    let number = put.split(separator: "\"N\":\"")[1].prefix { $0 != "\"" }
                    stored.withLock { $0.append(Int(number)!) }
                } else {
                    unprocessed.append("{\"PutRequest\"" + put)
                }
            }
            let rest = unprocessed.isEmpty ? "" : "\"t\":[\(unprocessed.joined(separator: ","))]"
            return .answer(status: 200, body: "{\"UnprocessedItems\":{\(rest)}}")
        }
        try await withClient(react) { client, server in
            let writes = (0..<203).map {
                BatchWrite.put(["partitionId": .string("p"), "scheduleTime": .number("\($0)")])
            }
            try await client.batchWrite(writes, table: "t", deadline: soon())
            #expect(Set(stored.withLock { $0 }) == Set(0..<203))
        }
    }

    @Test func `unprocessed keys are asked for again`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            let keys = request.text.split(separator: "\"N\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
            func items(_ numbers: some Sequence<String>) -> String {
                numbers.map { "{\"n\":{\"N\":\"\($0)\"}}" }.joined(separator: ",")
            }
            let rest = keys.count > 1 ? "\"t\":{\"ConsistentRead\":true,\"Keys\":[\(items(keys.dropFirst()))]}" : ""
            return .answer(
                status: 200,
                body: "{\"Responses\":{\"t\":[\(items(keys.prefix(1)))]},\"UnprocessedKeys\":{\(rest)}}"
            )
        }
        try await withClient(react) { client, server in
            let keys: [Item] = (0..<7).map { ["n": .number("\($0)")] }
            let items = try await client.batchGet(keys, table: "t", deadline: soon())
            #expect(Set(items.compactMap { $0.number("n") }) == Set((0..<7).map(String.init)))
            #expect(server.requests.allSatisfy { $0.text.contains("\"ConsistentRead\":true") })
        }
    }

    @Test(arguments: ["{\"UnprocessedItems\":{\"t\":[{\"PutRequest\":{\"Item\":{}}}]}}", "", "{}{}"])
    func `the deadline ends a call that never succeeds`(answer: String) async throws {
        try await withClient({ _ in .answer(status: 200, body: answer) }) { client, server in
            let error = await error { () async throws(DynamoDBError) in
                try await client.batchWrite([.put([:])], table: "t", deadline: soon(.milliseconds(100)))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.isRetriable == true)
            #expect(server.requests.count >= 1)
        }
    }

    @Test func `the deadline ends a call that is never answered`() async throws {
        try await withClient({ _ in .silence }) { client, server in
            let error = await error { () async throws(DynamoDBError) in
                try await client.put([:], table: "t", deadline: soon(.milliseconds(100)))
            }
            #expect(error?.code == .timedOut)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `with no time left, nothing is sent`() async throws {
        try await withClient({ _ in .answer(status: 200, body: "{}") }) { client, server in
            let error = await error { () async throws(DynamoDBError) in
                try await client.put([:], table: "t", deadline: soon(.zero))
            }
            #expect(error?.code == .timedOut)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `cancelling the task ends the call`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let react = { @Sendable (_: ScriptedServer.Request) -> ScriptedServer.Reaction in
            arrived.yield()
            return .silence
        }
        try await withClient(react) { client, _ in
            let task = Task { [deadline = soon(.seconds(600))] in
                await error { () async throws(DynamoDBError) in
                    try await client.batchWrite(
                        (0..<60).map { .put(["n": .number("\($0)")]) },
                        table: "t",
                        deadline: deadline
                    )
                }
            }
            for await _ in arrivals { break }
            task.cancel()
            #expect(await task.value?.code == .cancelled)
        }
    }

    @Test func `requests are split to the sizes that DynamoDB takes`() async throws {
        try await withClient({ _ in .answer(status: 200, body: "{}") }) { client, server in
            let small = (0..<60).map { BatchWrite.put(["n": .number("\($0)")]) }
            let large = (0..<5).map {
                BatchWrite.put(["n": .number("\($0)"), "b": .binary(.init(repeating: 7, count: 300_000))])
            }
            try await client.batchWrite(small + large, table: "t", deadline: soon())
            for request in server.requests {
                #expect(request.text.split(separator: "PutRequest").count - 1 <= 25)
                #expect(request.body.count <= 1_000_100)
                #expect(request.headers["expect"] == nil)
            }
            let sent = server.requests.map { $0.text.split(separator: "PutRequest").count - 1 }
            #expect(sent.reduce(0, +) == 65)
            try await client.batchWrite([], table: "t", deadline: soon())
            #expect(server.requests.count == sent.count)
        }
    }
}
