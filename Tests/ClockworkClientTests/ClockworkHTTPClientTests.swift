import ClockworkClient
import ScriptedServer
import Testing

/// The client against a server that answers as the contract says.
@Suite struct ClockworkHTTPClientTests {
    private static let request = ScheduleRequest(
        clientID: "shop",
        scheduleKey: "order-7",
        scheduleTimeMilliseconds: 1_798_131_600_000,
        taskData: "hello",
        delivery: .topic("order-reminders")
    )
    private static let receipt =
        #"{"clientId":"shop","scheduleKey":"order-7","scheduleTime":1798131600000,"partition":3,"offset":17}"#
    private static let problem = "Content-Type: application/problem+json"

    private func withServer(
        token: String? = nil,
        timeout: Duration = .seconds(10),
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        _ body: (ClockworkHTTPClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let address = try ServiceAddress(baseURL: server.url + "/base/", token: token)
        let client = try ClockworkHTTPClient(address: address, timeout: timeout)
        defer { client.close() }
        try await body(client, server)
    }

    private func failure<Value>(
        _ body: () async throws(ClockworkClientError) -> Value
    ) async -> ClockworkClientError? {
        do throws(ClockworkClientError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Create and cancel

    @Test func `a create is posted and its receipt returned`() async throws {
        try await withServer({ _ in .answer(status: 202, body: Self.receipt) }) { client, server in
            let outcome = try await client.create(Self.request)
            #expect(outcome.stage == .accepted)
            #expect(outcome.receipt.json == Self.receipt)
            #expect(outcome.json == Self.receipt.dropLast() + #","stage":"ACCEPTED"}"#)
            let sent = try #require(server.requests.first)
            #expect(sent.line == "POST /base/schedule HTTP/1.1")
            #expect(sent.headers["content-type"] == "application/json")
            #expect(sent.headers["prefer"] == nil)
            #expect(sent.headers["authorization"] == nil)
            #expect(sent.body == Self.request.json)
        }
    }

    @Test(arguments: [
        (201, [RequestOutcome.Stage.stored, .stored]), (200, [.repeated, .cancelled]), (202, [.accepted, .accepted]),
    ])
    func `after a wait the status tells how far a request has come`(
        status: Int,
        stages: [RequestOutcome.Stage]
    ) async throws {
        let react = { @Sendable (_: ScriptedServer.Request) in
            ScriptedServer.Reaction.answer(status: status, headers: ["Preference-Applied: wait"], body: Self.receipt)
        }
        try await withServer(react) { client, server in
            let created = try await client.create(Self.request, wait: .milliseconds(1_001))
            let cancel = CancelRequest(clientID: "shop", scheduleKey: "order-7")
            let cancelled = try await client.cancel(cancel, wait: .seconds(99))
            #expect([created.stage, cancelled.stage] == stages)
            #expect(server.requests.map { $0.headers["prefer"] } == ["wait=2", "wait=30"])
        }
    }

    @Test func `a status that is not final says so, and one that says nothing is to be asked for again`() async throws {
        let known = #"{"clientId":"shop","scheduleKey":"order-7","status":"PENDING"}"#
        let answers = [(200, known), (202, known), (202, #"{"clientId":"shop","scheduleKey":"order-7"}"#)]
        for (index, (status, body)) in answers.enumerated() {
            try await withServer({ _ in .answer(status: status, body: body) }) { client, server in
                do throws(ClockworkClientError) {
                    let found = try await client.status(clientID: "shop", scheduleKey: "order-7", wait: .seconds(3))
                    #expect(found.isFinal == (status == 200) && index < 2)
                } catch {
                    #expect(index == 2 && error.code == .unavailable && error.retryAfter == .seconds(1))
                }
                #expect(server.requests.map { $0.headers["prefer"] } == ["wait=3"])
            }
        }
    }

    @Test func `a cancel is a delete with a body, and its receipt may lack a time`() async throws {
        let answer = #"{"clientId":"shop","scheduleKey":"order-7","partition":3,"offset":18}"#
        try await withServer({ _ in .answer(status: 202, body: answer) }) { client, server in
            let outcome = try await client.cancel(
                CancelRequest(clientID: "shop", scheduleKey: "order-7", orderingKey: "customer-1")
            )
            #expect(outcome.receipt.json == answer)
            #expect(outcome.receipt.scheduleTimeMilliseconds == nil)
            let sent = try #require(server.requests.first)
            #expect(sent.line == "DELETE /base/schedule HTTP/1.1")
            #expect(sent.headers["content-type"] == "application/json")
            #expect(sent.text == #"{"clientId":"shop","scheduleKey":"order-7","orderingKey":"customer-1"}"#)
        }
    }

    @Test func `a request that breaks a rule is not sent`() async throws {
        try await withServer({ _ in .hangUp }) { client, server in
            var request = Self.request
            request.scheduleKey = ""
            request.delivery = .topic("a b")
            let error = await failure { () throws(ClockworkClientError) in try await client.create(request) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.fieldErrors.map(\.field) == ["scheduleKey", "delivery.topic"])
            #expect(error?.problem == nil)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a token is sent with every request`() async throws {
        try await withServer(token: "s3cret", { _ in .answer(status: 200, body: "[]") }) { client, server in
            _ = try await client.partitions()
            #expect(server.requests.first?.headers["authorization"] == "Bearer s3cret")
        }
    }

    // MARK: - Problems

    @Test(arguments: [
        (400, ClockworkClientError.Code.invalidRequest), (401, .unauthorized), (404, .notFound), (405, .refused),
        (409, .invalidRequest), (413, .tooLarge), (429, .unavailable), (500, .failed), (503, .unavailable),
        (302, .unexpectedAnswer),
    ])
    func `each status has its code`(status: Int, code: ClockworkClientError.Code) async throws {
        let body =
            #"{"type":"urn:clockwork:problem:x","title":"No.","status":\#(status),"detail":"taskData is missing","#
            + #""errors":[{"field":"taskData","message":"is missing"}]}"#
        try await withServer({ _ in .answer(status: status, headers: [Self.problem], body: body) }) { client, _ in
            let error = await failure { () throws(ClockworkClientError) in try await client.create(Self.request) }
            #expect(error?.code == code)
            #expect(error?.isRetriable == (code == .unavailable))
            #expect(error?.problem?.json() == body)
            #expect(error?.fieldErrors == [FieldError(field: "taskData", message: "is missing")])
            #expect(error?.description == "No. taskData is missing")
        }
    }

    @Test func `a conflict tells where the schedule is`() async throws {
        let body =
            #"{"type":"urn:clockwork:problem:not-pending","title":"The request came too late.","status":409,"#
            + #""detail":"The schedule is EXECUTED.","errors":[],"scheduleStatus":"EXECUTED"}"#
        try await withServer({ _ in .answer(status: 409, headers: [Self.problem], body: body) }) { client, _ in
            let cancel = CancelRequest(clientID: "shop", scheduleKey: "order-7")
            let error = await failure { () throws(ClockworkClientError) in try await client.cancel(cancel) }
            #expect(error?.code == .notPending)
            #expect(error?.state == .executed)
            #expect(error?.message == "The request came too late. The schedule is EXECUTED.")
        }
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("999999", .seconds(86_400)), ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("-1", nil),
    ])
    func `the service may say when to come back`(text: String, duration: Duration?) async throws {
        try await withServer({ _ in .answer(status: 503, headers: ["Retry-After: \(text)"]) }) { client, _ in
            let error = await failure { () throws(ClockworkClientError) in try await client.partitions() }
            #expect(error?.code == .unavailable)
            #expect(error?.retryAfter == duration)
            #expect(error?.description == "HTTP status 503")
        }
    }

    @Test(arguments: ["", "{}", "<html>", "[]", #"{"clientId":"shop"}"#])
    func `an answer of something else is an error, not a success`(body: String) async throws {
        try await withServer({ _ in .answer(status: 202, body: body) }) { client, _ in
            let error = await failure { () throws(ClockworkClientError) in try await client.create(Self.request) }
            #expect(error?.code == .unexpectedAnswer)
        }
    }

    @Test func `no answer is an error that may pass`() async throws {
        try await withServer(timeout: .milliseconds(100), { $0.index == 0 ? .hangUp : .silence }) { client, server in
            for _ in 0..<2 {
                let error = await failure { () throws(ClockworkClientError) in try await client.create(Self.request) }
                #expect(error?.code == .unavailable)
                #expect(error?.isRetriable == true)
            }
            #expect(server.requests.count == 2)
        }
    }

    // MARK: - Questions

    @Test func `the status of a schedule is read whole`() async throws {
        let body =
            #"{"clientId":"a/b","scheduleKey":"..","orderingKey":"customer-1","scheduleTime":1798131600000,"#
            + #""delivery":{"topic":"order-reminders"},"status":"PENDING","partition":3,"offset":17}"#
        try await withServer({ _ in .answer(status: 200, body: body) }) { client, server in
            let status = try await client.status(clientID: "a/b", scheduleKey: "..")
            #expect(status.state == .pending)
            #expect(status.delivery == .topic("order-reminders"))
            #expect(status.json == body)
            #expect(server.requests.first?.line == "GET /base/schedule/a%2Fb/%2E%2E HTTP/1.1")
        }
    }

    @Test func `a state and a target of a later version are passed on`() async throws {
        let body =
            #"{"clientId":"c","scheduleKey":"k","delivery":{"url":"https://host/","method":"PUT"},"status":"PAUSED"}"#
        try await withServer({ _ in .answer(status: 200, body: body) }) { client, _ in
            let status = try await client.status(clientID: "c", scheduleKey: "k")
            #expect(status.state == ScheduleStatus.State(rawValue: "PAUSED"))
            #expect(status.delivery?.url == "https://host/")
            #expect(status.partition == nil)
        }
    }

    @Test func `partitions come by number, with gaps for what is not known`() async throws {
        let first =
            #"{"partition":0,"owner":"pod-1","epoch":3,"executedUpTo":1798131600000,"pendingResident":12,"#
            + #""committedOffset":99,"generation":2,"updatedAt":1798131600500}"#
        let body = #"[{"partition":10,"owner":null,"executedUpTo":null},\#(first)]"#
        try await withServer({ _ in .answer(status: 200, body: body) }) { client, server in
            let reports = try await client.partitions()
            #expect(reports.map(\.json) == [first, #"{"partition":10}"#])
            #expect(server.requests.first?.line == "GET /base/partitions HTTP/1.1")
        }
    }

    // MARK: - Batches

    private static func batch(_ count: Int) -> RequestBatch {
        var batch = RequestBatch()
        for _ in 0..<count { batch.append(request) }
        return batch
    }

    @Test func `a batch is a stream of lines and so is its answer`() async throws {
        let refusal = #"{"type":"urn:x","title":"Bad.","status":400,"errors":[]}"#
        let answer = "\(Self.receipt)\n\(refusal)\n\(Self.receipt)\n"
        let react = { @Sendable (_: ScriptedServer.Request) in
            ScriptedServer.Reaction.answer(status: 200, body: answer)
        }
        try await withServer(react) { client, server in
            var batch = Self.batch(1)
            let takes = ["not JSON", " \t\r", "{}\n{}"].map { batch.append(json: Array($0.utf8)) }
            #expect(takes == [true, false, false])
            batch.append(CancelRequest(clientID: "shop", scheduleKey: "order-7"))
            let results = try await client.send(batch)
            #expect(results.count == 3)
            guard case .accepted = results[0], case .refused(let problem) = results[1], case .accepted = results[2]
            else {
                Issue.record("other results")
                return
            }
            #expect(problem.json() == refusal)
            let sent = try #require(server.requests.first)
            #expect(sent.line == "POST /base/schedule HTTP/1.1")
            #expect(sent.headers["content-type"] == "application/x-ndjson")
            let cancel = #"{"action":"cancel","clientId":"shop","scheduleKey":"order-7"}"#
            #expect(sent.text == String(decoding: Self.request.json, as: UTF8.self) + "\nnot JSON\n" + cancel + "\n")
        }
    }

    @Test func `an answer with too few lines leaves the batch in doubt, one with too many is none`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) in
            ScriptedServer.Reaction.answer(status: 200, body: Self.receipt + "\n" + Self.receipt + "\n")
        }
        try await withServer(react) { client, _ in
            let few = await failure { () throws(ClockworkClientError) in try await client.send(Self.batch(3)) }
            #expect(few?.code == .unavailable)
            #expect(few?.message == "the service answered 2 of 3 requests")
            let many = await failure { () throws(ClockworkClientError) in try await client.send(Self.batch(1)) }
            #expect(many?.code == .unexpectedAnswer)
        }
    }

    @Test func `the answer to a full batch of the longest keys is read`() async throws {
        let key = String(repeating: "\\u0001", count: 512)
        let client = key.prefix(768)
        let line = #"{"clientId":"\#(client)","scheduleKey":"\#(key)","scheduleTime":0,"partition":1,"offset":1}"#
        let react = { @Sendable (request: ScriptedServer.Request) in
            let lines = request.text.split(separator: "\n").count
            return ScriptedServer.Reaction.answer(status: 200, body: String(repeating: line + "\n", count: lines))
        }
        try await withServer(react) { client, _ in
            let batch = Self.batch(RequestBatch.maximumCount)
            #expect(batch.isFull)
            let results = try await client.send(batch)
            #expect(results.count == RequestBatch.maximumCount)
        }
    }

    @Test func `a batch is full by its bytes too`() {
        var batch = RequestBatch()
        var request = Self.request
        request.taskData = String(repeating: "x", count: 300_000)
        batch.append(request)
        #expect(!batch.isFull)
        batch.append(request)
        #expect(batch.isFull)
    }

    @Test func `an empty batch is not sent`() async throws {
        try await withServer({ _ in .hangUp }) { client, server in
            let results = try await client.send(RequestBatch())
            #expect(results.isEmpty)
            #expect(server.requests.isEmpty)
        }
    }
}
