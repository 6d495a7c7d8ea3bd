import DynamoDBPeers
import HTTPTransport
import Harness
import Logging
import Scheduling

@testable import Bytes
@testable import DynamoDB
@testable import ScheduleStores

/// Measures DynamoDB's JSON, and its client beside a bare libcurl loop.
@main
struct Database {
    static func main() async throws {
        let harness = Harness(arguments: CommandLine.arguments)
        let schedules = (0..<25).map(schedule)
        let rounds = 1_000
        harness.measure("DynamoDB, encode a timeline item of 200 bytes", operations: rounds * schedules.count) {
            for _ in 0..<rounds {
                var json = JSONWriter()
                for schedule in schedules { json.item(ItemLayout.item(schedule, partition: 7)) }
                keep(json)
            }
        }
        var page = JSONWriter()
        page.raw("[")
        for (number, schedule) in schedules.enumerated() {
            if number > 0 { page.raw(",") }
            page.item(ItemLayout.item(schedule, partition: 7))
        }
        page.raw("]")
        harness.measure("DynamoDB, decode a timeline item of 200 bytes", operations: rounds * schedules.count) {
            for _ in 0..<rounds {
                let items = AnswerReader.read(page.bytes) { (reader) throws(JSONError) in try reader.readItems() }
                for item in items?.output ?? [] { keep(ItemLayout.schedule(item)) }
            }
        }
        if harness.wants("DynamoDB client") { try await compare(harness, schedules) }
    }

    private static let connections = 16
    private static let requests = 8_000
    private static let repetitions = 3

    /// Batches of 25 writes to a server that answers at once: the client, and what bare C does with the same bodies and
    /// connections. They take turns.
    private static func compare(_ harness: Harness, _ schedules: [Schedule]) async throws {
        let port = peers_start_server()
        precondition(port > 0, "no server")
        let url = "http://127.0.0.1:\(port)/"
        let writes = schedules.map { BatchWrite.put(ItemLayout.item($0, partition: 7)) }
        let body = Self.body(writes)
        var bare: [Double] = []
        var client: [Double] = []
        for _ in 0..<repetitions {
            bare.append(try await rate { post(url, body) })
            client.append(try await rate { try await write(url, writes) })
        }
        harness.report(
            "DynamoDB client beside a bare libcurl loop, batches of 25 on \(connections) connections",
            [
                ("bytes", Double(body.count)), ("barePerSecond", median(bare)), ("clientPerSecond", median(client)),
                ("ratio", median(client) / median(bare)),
            ]
        )
    }

    private static func post(_ url: String, _ body: [UInt8]) {
        let answered = peers_post_bare(url, body, body.count, requests, connections)
        precondition(answered == requests, "\(answered) of \(requests) were answered")
    }

    /// As the pod's store calls it: several calls in flight, each of one batch.
    private static func write(_ url: String, _ writes: [BatchWrite]) async throws {
        var configuration = DynamoDBClient.httpConfiguration
        configuration.maximumConnectionsPerHost = connections
        let http = try HTTPClient(configuration: configuration)
        defer { http.close() }
        let client = DynamoDBClient(
            configuration: .init(endpoint: url, region: "us-east-1"),
            credentials: StaticCredentials(
                Credentials(
                    accessKeyID: "AKIDEXAMPLE",
                    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
                )
            ),
            http: http,
            logger: Logger(label: "benchmark")
        )
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<connections {
                group.addTask {
                    for _ in 0..<requests / connections {
                        try await client.batchWrite(writes, table: "schedules", deadline: .now + .seconds(30))
                    }
                }
            }
        }
    }

    private static func body(_ writes: [BatchWrite]) -> [UInt8] {
        var json = JSONWriter()
        json.raw(#"{"RequestItems":{"schedules":["#)
        for (number, write) in writes.enumerated() {
            guard case .put(let item) = write else { continue }
            if number > 0 { json.raw(",") }
            json.raw(#"{"PutRequest":{"Item":"#)
            json.item(item)
            json.raw("}}")
        }
        json.raw(#"]},"ReturnConsumedCapacity":"TOTAL"}"#)
        return json.bytes
    }

    private static func rate(_ body: () async throws -> Void) async throws -> Double {
        let begin = Harness.nanoseconds()
        try await body()
        return Double(requests) * 1e9 / Double(Harness.nanoseconds() - begin)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func schedule(_ number: Int) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "shop", scheduleKey: "order-\(number)"),
            position: Position(time: EpochMilliseconds(rawValue: 1_800_000_000_000), offset: Int64(number)),
            orderingKey: "customer-\(number)",
            target: .topic("order-reminders"),
            payload: [UInt8](repeating: 7, count: 200),
            headers: RecordHeaders()
        )
    }
}
