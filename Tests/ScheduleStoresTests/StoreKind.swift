import DynamoDB
import Foundation
import HTTPTransport
import Logging
import ScheduleStores
import Scheduling
import SimulatedStore
import Synchronization
import Testing

/// The stores that the conformance suite runs against.
enum StoreKind: CaseIterable, CustomTestStringConvertible {
    case sqlite
    case dynamoDB
    /// The one on which the simulation rests.
    case simulated

    var testDescription: String { "\(self)" }

    /// Runs `body` with an empty store of its own and a clock to set.
    func withStore(
        keyRetention: Duration = .seconds(7 * 86_400),
        _ body: (any ScheduleStore, ManualClock) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        switch self {
        case .sqlite:
            try await withTemporaryFile { path in
                let store = try SQLiteScheduleStore(path: path, keyRetention: keyRetention, logger: .quiet) {
                    clock.now
                }
                defer { store.close() }
                try await body(store, clock)
            }
        case .dynamoDB:
            try await withDynamoDB { client, prefix in
                var configuration = DynamoDBScheduleStore.Configuration()
                configuration.scheduleTable = prefix + "schedules"
                configuration.progressTable = prefix + "progress"
                configuration.keyRetention = keyRetention
                let store = DynamoDBScheduleStore(client: client, configuration: configuration, logger: .quiet) {
                    clock.now
                }
                try await store.createTables()
                try await body(store, clock)
            }
        case .simulated:
            let store = SimulatedScheduleStore(SimulatedStore(keyRetention: keyRetention)) { clock.now }
            try await body(store, clock)
        }
    }
}

/// A wall clock that stands still.
final class ManualClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_700_000_000_000)

    var now: EpochMilliseconds {
        get { EpochMilliseconds(rawValue: milliseconds.withLock { $0 }) }
        set { milliseconds.withLock { $0 = newValue.rawValue } }
    }
}

extension Logger {
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}

func withTemporaryFile(_ body: (_ path: String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "clockwork-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.appending(path: "store.db").path)
}

/// Runs `body` with a client of the endpoint and a prefix for tables of its own.
///
/// The credentials are those whose signatures the endpoint checks.
func withDynamoDB(_ body: (_ client: DynamoDBClient, _ prefix: String) async throws -> Void) async throws {
    let endpoint = try #require(
        ProcessInfo.processInfo.environment["AWS_ENDPOINT_URL_DYNAMODB"],
        "AWS_ENDPOINT_URL_DYNAMODB names no DynamoDB endpoint; `make test` starts one and sets it."
    )
    let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
    defer { http.close() }
    let credentials = Credentials(
        accessKeyID: "clockwork-test",
        secretAccessKey: "clockwork/test+secret",
        sessionToken: "session/token+="
    )
    let client = DynamoDBClient(
        configuration: DynamoDBClient.Configuration(endpoint: endpoint, region: "eu-central-1"),
        credentials: StaticCredentials(credentials),
        http: http,
        logger: .quiet
    )
    try await body(client, "t-\(UUID().uuidString)-")
}
