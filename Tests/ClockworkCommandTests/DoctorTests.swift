import ClockworkService
import Foundation
import Kafka
import KafkaFaults
import Logging
import ScriptedServer
import Synchronization
import Testing

@testable import clockwork

/// The doctor against a cluster and a store with one thing wrong at a time.
@Suite(.timeLimit(.minutes(3))) struct DoctorTests {
    private static let keys: [String: String] = [
        "schedules":
            #"[{"AttributeName":"partitionId","KeyType":"HASH"},{"AttributeName":"scheduleTime","KeyType":"RANGE"}]"#,
        "partitionExecutions": #"[{"AttributeName":"partitionId","KeyType":"HASH"}]"#,
    ]

    /// What a DynamoDB without faults answers; `Date` is the host's own time.
    private static func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reaction {
        let date = "Date: \(httpDate(Date()))"
        let table = request.text.contains("partitionExecutions") ? "partitionExecutions" : "schedules"
        switch request.headers["x-amz-target"]?.split(separator: ".").last {
        case "DescribeTable":
            let types =
                #"[{"AttributeName":"partitionId","AttributeType":"S"},{"AttributeName":"scheduleTime","AttributeType":"N"}]"#
            return .answer(
                status: 200,
                headers: [date],
                body: """
                    {"Table":{"TableStatus":"ACTIVE","KeySchema":\(keys[table]!),"AttributeDefinitions":\(types)}}
                    """
            )
        case "DescribeTimeToLive":
            let body = #"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}}"#
            return .answer(status: 200, headers: [date], body: body)
        case "Query", "Scan": return .answer(status: 200, headers: [date], body: #"{"Items":[],"Count":0}"#)
        case "BatchGetItem":
            return .answer(status: 200, headers: [date], body: #"{"Responses":{},"UnprocessedKeys":{}}"#)
        case "BatchWriteItem": return .answer(status: 200, headers: [date], body: #"{"UnprocessedItems":{}}"#)
        default: return .answer(status: 200, headers: [date], body: "healthy: dynamodb")
        }
    }

    private static func httpDate(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }

    private static func refusal(_ exception: String) -> ScriptedServer.Reaction {
        .answer(status: 400, body: "{\"__type\":\"com.amazonaws#\(exception)\",\"message\":\"No.\"}")
    }

    /// What the doctor finds, beginning with a cluster and a store that are as they should be.
    private func findings(
        topics: [String: Int] = ["schedule-create": 4, "schedule-dead-letters": 1],
        settings: [String: String] = [:],
        patience: Duration = .seconds(5),
        spoil: (LocalKafka) async throws -> Void = { _ in },
        store: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction = answer
    ) async throws -> [Finding] {
        let cluster = try LocalKafka(brokers: 3, topics: topics)
        defer { withExtendedLifetime(cluster) {} }
        try await spoil(cluster)
        let server = ScriptedServer(store)
        defer { server.stop() }
        let environment = [
            "KAFKA_BROKERS": cluster.bootstrapServers, "AWS_ENDPOINT_URL_DYNAMODB": server.url,
            "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
            "APP_HOST": "127.0.0.1", "APP_PORT": "0", "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
        ].merging(settings) { $1 }
        let configuration = try Configuration(environment: environment, hostName: "pod", readFile: { _ in nil })
        return await Doctor(configuration: configuration, patience: patience).findings()
    }

    private func faults(_ findings: [Finding]) -> [String] {
        findings.filter { $0.verdict == .fault }.map { "\($0.subject): \($0.detail)" }
    }

    @Test func `what is as it should be is said to be`() async throws {
        let all = try await findings()
        // Which library a machine has is its own affair.
        #expect(all.first?.subject == "librdkafka")
        let findings = Array(all.dropFirst())
        #expect(findings.map(\.verdict) == Array(repeating: .good, count: 10), "\(findings.map(\.line))")
        #expect(
            findings.map(\.subject) == [
                "brokers", "intake topic", "dead-letter topic", "consumer group", "intake", "backlog",
                "table schedules", "table partitionExecutions", "clock", "port 0",
            ]
        )
        #expect(findings[1].line == "✓ intake topic: schedule-create, 4 partitions, 3 replicas")
    }

    // MARK: Planted faults

    @Test func `brokers that are not there`() async throws {
        let faults = faults(try await findings(settings: ["KAFKA_BROKERS": "127.0.0.1:1"], patience: .seconds(2)))
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("brokers: _TRANSPORT") == true, "\(faults)")
    }

    @Test func `a Kafka property that nobody knows`() async throws {
        let findings = try await findings(settings: ["KAFKA_PROPERTY_SASL_MECHANIMS": "PLAIN"])
        #expect(faults(findings).first?.contains("sasl.mechanims") == true)
        #expect(findings.dropFirst().first?.remedy == "correct the Kafka property sasl.mechanims")
    }

    @Test func `an intake topic that does not exist`() async throws {
        let faults = faults(try await findings(topics: ["schedule-dead-letters": 1]))
        #expect(faults.contains("intake topic: schedule-create does not exist, or may not be seen"))
    }

    @Test func `a dead-letter topic that does not exist`() async throws {
        let faults = faults(try await findings(topics: ["schedule-create": 4]))
        #expect(faults == ["dead-letter topic: schedule-dead-letters does not exist, or may not be seen"])
    }

    @Test func `an intake topic that may not be used`() async throws {
        let found = try await findings(spoil: { $0.setTopicError("schedule-create", code: 29) })
        #expect(faults(found).first?.hasPrefix("intake topic: schedule-create: TOPIC_AUTHORIZATION_FAILED") == true)
    }

    @Test func `a partition without a leader`() async throws {
        let found = try await findings(
            patience: .seconds(2),
            spoil: { try $0.setLeader(ofTopic: "schedule-dead-letters", partition: 0, broker: nil) }
        )
        #expect(faults(found) == ["dead-letter topic: schedule-dead-letters has no leader for 0"])
    }

    @Test func `a group that may not be used`() async throws {
        let found = try await findings(spoil: { $0.failNext(.offsetFetch, codes: [30, 30, 30]) })
        #expect(faults(found).first?.hasPrefix("consumer group: scheduler: GROUP_AUTHORIZATION_FAILED") == true)
    }

    @Test func `a store that is not there`() async throws {
        let found = try await findings(
            settings: ["AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"],
            patience: .seconds(1)
        )
        #expect(faults(found).map { $0.prefix { $0 != ":" } } == ["table schedules", "table partitionExecutions"])
        #expect(found.contains { $0.remedy?.contains("http://127.0.0.1:1") == true })
    }

    @Test func `credentials that are refused`() async throws {
        let found = try await findings(store: { request in
            request.line.hasPrefix("POST") ? Self.refusal("UnrecognizedClientException") : Self.answer(request)
        })
        #expect(faults(found).first == "table schedules: No.")
        #expect(found.contains { $0.remedy?.contains("AWS_ACCESS_KEY_ID") == true })
    }

    @Test func `a table that does not exist`() async throws {
        let found = try await findings(store: { request in
            request.text.contains("partitionExecutions")
                ? Self.refusal("ResourceNotFoundException") : Self.answer(request)
        })
        #expect(faults(found).first == "table partitionExecutions: does not exist in eu-central-1")
    }

    @Test func `a table with other keys`() async throws {
        let found = try await findings(settings: ["SCHEDULE_DB": "partitionExecutions", "PARTITION_EXEC_DB": "other"])
        #expect(faults(found).first == "table partitionExecutions: has other keys than Clockwork's")
    }

    @Test func `a table without time to live`() async throws {
        let found = try await findings(store: { request in
            request.headers["x-amz-target"]?.hasSuffix("DescribeTimeToLive") == true
                ? .answer(status: 200, body: #"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#)
                : Self.answer(request)
        })
        #expect(faults(found).isEmpty)
        #expect(found.contains { $0.verdict == .warning && $0.detail == "keeps key records for ever" })
    }

    @Test func `a right that is missing`() async throws {
        let found = try await findings(store: { request in
            request.headers["x-amz-target"]?.hasSuffix("BatchWriteItem") == true
                ? Self.refusal("AccessDeniedException") : Self.answer(request)
        })
        #expect(
            faults(found) == [
                "table schedules: BatchWriteItem is not allowed",
                "table partitionExecutions: BatchWriteItem is not allowed",
            ]
        )
    }

    @Test func `a clock that is off`() async throws {
        let found = try await findings(store: { request in
            request.line.hasPrefix("GET")
                ? .answer(status: 200, headers: ["Date: \(Self.httpDate(Date() + 3600))"]) : Self.answer(request)
        })
        #expect(faults(found).count == 1)
        #expect(faults(found).first?.contains("s behind the store's") == true)
    }

    @Test func `partitions that read a later log are named`() async throws {
        let items = [(0, 1), (1, 1), (2, 1), (3, 0), (5, 1), (6, 12)].map { partition, generation in
            #"{"partitionId":{"S":"\#(partition)"},"owner":{"S":"pod"},"epoch":{"N":"1"},"pendingResident":{"N":"0"},"#
                + #""updatedAt":{"N":"1"},"generation":{"N":"\#(generation)"}}"#
        }
        let found = try await findings(store: { request in
            request.headers["x-amz-target"]?.hasSuffix("Scan") == true
                ? .answer(status: 200, body: #"{"Items":[\#(items.joined(separator: ","))]}"#) : Self.answer(request)
        })
        #expect(faults(found).isEmpty)
        let line = try #require(found.first { $0.subject == "intake logs" }?.line)
        #expect(line == "✓ intake logs: generation 1 in partitions 0-2, 5; generation 12 in partition 6")
    }

    @Test func `a port that is taken`() async throws {
        let server = ScriptedServer { _ in .hangUp }
        defer { server.stop() }
        let port = try #require(server.url.split(separator: ":").last).description
        let found = try await findings(settings: ["APP_PORT": port])
        #expect(faults(found) == ["port \(port): 127.0.0.1: Address already in use"])
    }

    @Test func `a pod that has the port already is asked how it does`() async throws {
        let problem =
            #"{"type":"urn:clockwork:problem:not-ready","status":503,"detail":"Dead letters cannot be written."}"#
        for (status, body, expected) in [
            (200, #"{"status":"ok"}"#, []),
            (503, problem, ["a pod listens at 127.0.0.1, and is not ready: Dead letters cannot be written."]),
            (200, "another service", ["127.0.0.1: Address already in use"]),
        ] {
            let server = ScriptedServer { _ in .answer(status: status, body: body) }
            defer { server.stop() }
            let port = try #require(server.url.split(separator: ":").last).description
            let found = try await findings(settings: ["APP_PORT": port])
            #expect(faults(found) == expected.map { "port \(port): \($0)" })
            #expect(server.requests.first?.line.hasPrefix("GET /health/ready ") == true)
        }
    }

    @Test func `what a pod that is ready says besides is told`() async throws {
        let body = """
            {"status":"ok","obstacles":[{"kind":"dead_letters","reason":"Dead letters cannot be written."},
            {"kind":"behind","reason":"Requests wait: \\"3 (5)\\"."}]}
            """
        let server = ScriptedServer { _ in .answer(status: 200, body: body) }
        defer { server.stop() }
        let port = try #require(server.url.split(separator: ":").last).description
        let found = try await findings(settings: ["APP_PORT": port])
        let last = try #require(found.last)
        #expect(last.verdict == .warning)
        #expect(
            last.detail.hasSuffix("ready, but: Dead letters cannot be written. Requests wait: \"3 (5)\"."),
            "\(last.line)"
        )
    }

    @Test func `requests that nobody takes`() async throws {
        let found = try await findings(spoil: { cluster in
            let environment = ["KAFKA_BROKERS": cluster.bootstrapServers, "SCHEDULE_STORE": "sqlite"]
            let settings = try Configuration(environment: environment, hostName: "pod", readFile: { _ in nil })
            let sender = try await RequestSender(kafka: settings.kafka, logger: Logger(label: "test"))
            for _ in 0..<3 { try sender.send(OutgoingRequest(key: [1], value: nil)) }
            try sender.finish()
        })
        let backlog = try #require(found.first { $0.subject == "backlog" })
        #expect(backlog.verdict == .warning)
        #expect(backlog.detail.hasSuffix(" (3)"), "\(backlog.line)")
    }

    /// Partitions by what is known of them in two looks: the end, and what is committed.
    @Test(
        arguments: [
            ([0: (0, nil)], [0: (0, nil)], "no request waits"), ([0: (9, 9)], [0: (9, 9)], "no request waits"),
            ([0: (9, 7)], [0: (9, 9)], "no request waits"),
            // It takes some, while more come.
            ([0: (9, 7)], [0: (30, 20)], "10 requests wait, and are being taken"),
            // They have come between the looks.
            ([0: (9, 9)], [0: (12, 9)], "3 requests wait, and are being taken"),
            ([0: (9, 7), 3: (8, nil)], [0: (12, 7), 3: (8, nil)], "most per partition: 0 (5), 3 (8)"),
            // One stands still, another does not.
            ([0: (9, 7), 1: (9, 7)], [0: (12, 8), 1: (12, 7)], "most per partition: 1 (5)"),
            // The log of before had more.
            ([0: (4, 70)], [0: (4, 70)], "most per partition: 0 (4)"),
            // A partition that does not answer is no backlog.
            ([0: (nil, 7)], [0: (nil, 7)], "no request waits"),
        ] as [([Int32: (Int64?, Int64?)], [Int32: (Int64?, Int64?)], String)]
    )
    func `a backlog is what stands still`(
        first: [Int32: (Int64?, Int64?)],
        second: [Int32: (Int64?, Int64?)],
        expected: String
    ) {
        func positions(_ looks: [Int32: (Int64?, Int64?)]) -> [Int32: GroupPositions.Position] {
            looks.mapValues { .init(end: $0.0, committed: $0.1.map { GroupOffset(offset: $0) }) }
        }
        let finding = IntakeBacklog.finding(positions(first), later: positions(second))
        #expect(finding.detail.hasSuffix(expected), "\(finding.line)")
        #expect((finding.verdict == .warning) == expected.hasPrefix("most per partition"))
    }

    /// Mock brokers hold a fetch that finds nothing for its whole wait.
    @Test func `a long wait of fetches holds up no verdict`() async throws {
        let found = try await findings(settings: ["KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "20000"], patience: .seconds(3))
        #expect(faults(found).isEmpty, "\(faults(found))")
    }

    @Test func `a file of the sqlite store that cannot be`() async throws {
        let settings = ["SCHEDULE_STORE": "sqlite", "SQLITE_PATH": "/no/such/folder/clockwork.db"]
        let found = try await findings(settings: settings)
        #expect(faults(found).first?.hasPrefix("store /no/such/folder/clockwork.db: cannot be created") == true)
    }

    // MARK: The command

    private static let executable =
        ProcessInfo.processInfo.environment["CLOCKWORK_EXECUTABLE"]
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/debug/clockwork").path

    private func run(_ arguments: [String], _ environment: [String: String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: Self.executable)
        process.arguments = ["doctor"] + arguments
        // What a sanitizer needs in the process, and no setting.
        let sanitizers = ProcessInfo.processInfo.environment.filter {
            ["LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key)
        }
        process.environment = sanitizers.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `the exit code tells a wrong setting, a fault, and neither`() throws {
        let wrong = try run([], ["HORIZON": "soon", "KAFKA_BROKERS": "127.0.0.1:1", "SCHEDULE_STORE": "sqlite"])
        #expect(wrong.status == 78)
        #expect(wrong.output.hasPrefix("✗ configuration: HORIZON: \"soon\" is not accepted"))

        let folder = FileManager.default.temporaryDirectory.path
        let cluster = try LocalKafka(brokers: 3, topics: ["schedule-create": 4, "schedule-dead-letters": 1])
        defer { withExtendedLifetime(cluster) {} }
        var environment = [
            "KAFKA_BROKERS": cluster.bootstrapServers, "SCHEDULE_STORE": "sqlite", "APP_HOST": "127.0.0.1",
            "APP_PORT": "0", "SQLITE_PATH": "\(folder)/clockwork-\(UUID().uuidString).db", "HOME": folder,
        ]
        let right = try run(["--json"], environment)
        #expect(right.status == 0, "\(right.output)")
        let found = try JSONDecoder().decode([[String: String]].self, from: Data(right.output.utf8))
        #expect(found.allSatisfy { $0["verdict"] == "good" || $0["subject"] == "librdkafka" })
        #expect(found.count == 10)

        environment["DEAD_LETTER_KAFKA_TOPIC"] = "elsewhere"
        let faulty = try run([], environment)
        #expect(faulty.status == 1)
        #expect(faulty.output.contains("✗ dead-letter topic: elsewhere does not exist"))
        #expect(faulty.output.contains(" → create it"))
    }
}
