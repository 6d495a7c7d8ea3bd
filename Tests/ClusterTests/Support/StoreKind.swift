import Foundation
import Testing

/// The stores that pods run with.
enum StoreKind: CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite
    case dynamoDB

    var testDescription: String { "\(self)" }

    /// The settings of a store of its own.
    ///
    /// - Parameter endpoint: stands in for the endpoint of `AWS_ENDPOINT_URL_DYNAMODB`.
    func settings(folder: String, endpoint: String? = nil) throws -> [String: String] {
        switch self {
        case .sqlite:
            return ["SCHEDULE_STORE": "sqlite", "SQLITE_PATH": folder + "/clockwork.db"]
        case .dynamoDB:
            let prefix = "cluster-\(UUID().uuidString.prefix(8))"
            return [
                "SCHEDULE_STORE": "dynamodb",
                "SCHEDULE_DB": prefix + "-schedules",
                "PARTITION_EXEC_DB": prefix + "-progress",
                "AWS_ENDPOINT_URL_DYNAMODB": try endpoint ?? DynamoDBEndpoint.url,
                // The credentials whose signatures the endpoint checks.
                "AWS_ACCESS_KEY_ID": "clockwork-test",
                "AWS_SECRET_ACCESS_KEY": "clockwork/test+secret",
                "AWS_REGION": "eu-central-1",
            ]
        }
    }
}

enum DynamoDBEndpoint {
    /// The endpoint the tests are given.
    static var url: String {
        get throws {
            guard let url = ProcessInfo.processInfo.environment["AWS_ENDPOINT_URL_DYNAMODB"] else {
                throw Impatient(
                    description: "AWS_ENDPOINT_URL_DYNAMODB names no DynamoDB endpoint; `make test` starts one."
                )
            }
            return url
        }
    }
}
