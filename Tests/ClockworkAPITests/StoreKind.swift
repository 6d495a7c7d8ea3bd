import ClockworkService
import DynamoDB
import Foundation
import HTTPTransport
import Logging
import ScheduleStores
import Scheduling
import Testing

/// The stores that the API reads from.
enum StoreKind: CaseIterable, CustomTestStringConvertible {
    case sqlite
    case dynamoDB

    var testDescription: String { "\(self)" }

    /// An empty store, and how to give up what it uses.
    func open(logger: Logger) async throws -> (store: any ScheduleStore, close: () -> Void) {
        switch self {
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appending(path: "clockwork-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            let store = try SQLiteScheduleStore(
                path: folder.appending(path: "clockwork.db").path,
                keyRetention: Self.keyRetention,
                logger: logger,
                now: WallClock.now
            )
            return (
                store,
                {
                    store.close()
                    try? FileManager.default.removeItem(at: folder)
                }
            )
        case .dynamoDB:
            let endpoint = try #require(
                ProcessInfo.processInfo.environment["AWS_ENDPOINT_URL_DYNAMODB"],
                "AWS_ENDPOINT_URL_DYNAMODB names no DynamoDB endpoint; `make test` starts one and sets it."
            )
            let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
            var tables = DynamoDBScheduleStore.Configuration()
            let prefix = "api-\(UUID().uuidString)-"
            tables.scheduleTable = prefix + "schedules"
            tables.progressTable = prefix + "progress"
            tables.keyRetention = Self.keyRetention
            let store = DynamoDBScheduleStore(
                client: DynamoDBClient(
                    configuration: DynamoDBClient.Configuration(endpoint: endpoint, region: "eu-central-1"),
                    credentials: StaticCredentials(
                        // The credentials whose signatures the endpoint checks.
                        Credentials(
                            accessKeyID: "clockwork-test",
                            secretAccessKey: "clockwork/test+secret",
                            sessionToken: nil
                        )
                    ),
                    http: http,
                    logger: logger
                ),
                configuration: tables,
                logger: logger,
                now: WallClock.now
            )
            try await store.createTables()
            return (store, http.close)
        }
    }

    private static let keyRetention = Duration.seconds(3_600)
}
