import DynamoDB
import HTTPTransport
import Logging
import ScriptedServer
import Synchronization
import Testing

/// What an observer is told.
@Suite struct ObserverTests {
    private final class Notes: DynamoDBObserver {
        private let notes = Mutex<[String]>([])
        var all: [String] { notes.withLock { $0 } }

        private func note(_ text: String) { notes.withLock { $0.append(text) } }

        func requestEnded(_ operation: String, failure: DynamoDBError.Code?) {
            note("\(operation) \(failure?.rawValue ?? "ok")")
        }
        func requestRepeated(_ operation: String) { note("\(operation) again") }
        func capacityConsumed(_ operation: String, units: Double) { note("\(operation) \(units)") }
    }

    private func notes(
        _ answers: [String],
        _ call: (DynamoDBClient) async throws -> Void
    ) async throws -> (notes: [String], requests: [ScriptedServer.Request]) {
        let server = ScriptedServer { request in
            let body = answers[min(request.index, answers.count - 1)]
            return .answer(status: body.contains("Exception") ? 400 : 200, body: body)
        }
        defer { server.stop() }
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        defer { http.close() }
        var configuration = DynamoDBClient.Configuration(endpoint: server.url, region: "eu-central-1")
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(10))
        let notes = Notes()
        let client = DynamoDBClient(
            configuration: configuration,
            credentials: StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")),
            http: http,
            observer: notes,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        try await call(client)
        return (notes.all, server.requests)
    }

    private static let soon = Duration.seconds(20)

    @Test func `each attempt, each repeat and what was charged are told`() async throws {
        let throttled = #"{"__type":"x#ThrottlingException","message":"No."}"#
        let charged = #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.5,"Table":{"CapacityUnits":1.5}}}"#
        let (notes, requests) = try await notes([throttled, throttled, charged]) { client in
            try await client.put(["partitionId": .string("1")], table: "t", deadline: .now + Self.soon)
        }
        #expect(
            notes == [
                "PutItem throttled", "PutItem again", "PutItem throttled", "PutItem again", "PutItem ok", "PutItem 1.5",
            ]
        )
        #expect(requests.allSatisfy { $0.text.hasSuffix(#","ReturnConsumedCapacity":"TOTAL"}"#) })
    }

    @Test func `what a batch leaves undone is sent again, and every part of it is charged`() async throws {
        let rest = #"{"PutRequest":{"Item":{"partitionId":{"S":"1"}}}}"#
        let half = """
            {"UnprocessedItems":{"t":[\(rest)]},"ConsumedCapacity":[{"CapacityUnits":2.0},{"CapacityUnits":1}]}
            """
        let (notes, requests) = try await notes([half, "{}"]) { client in
            let writes = [BatchWrite.put(["partitionId": .string("1")]), .put(["partitionId": .string("2")])]
            try await client.batchWrite(writes, table: "t", deadline: .now + Self.soon)
        }
        #expect(notes == ["BatchWriteItem ok", "BatchWriteItem 3.0", "BatchWriteItem again", "BatchWriteItem ok"])
        #expect(requests.allSatisfy { $0.text.contains(#""ReturnConsumedCapacity":"TOTAL""#) })
    }

    @Test func `reads tell what they were charged`() async throws {
        let get = #"{"Responses":{"t":[]},"ConsumedCapacity":[{"TableName":"t","CapacityUnits":0.5}]}"#
        let (gets, _) = try await notes([get]) { client in
            _ = try await client.batchGet([["partitionId": .string("1")]], table: "t", deadline: .now + Self.soon)
        }
        #expect(gets == ["BatchGetItem ok", "BatchGetItem 0.5"])
        let page = #"{"ConsumedCapacity":{"CapacityUnits":4},"Items":[],"Count":0}"#
        let (scans, requests) = try await notes([page]) { client in
            _ = try await client.scan(table: "t", startingAfter: nil, deadline: .now + Self.soon)
        }
        #expect(scans == ["Scan ok", "Scan 4.0"])
        #expect(requests.allSatisfy { $0.text.contains(#""ReturnConsumedCapacity":"TOTAL""#) })
    }
}
