internal import DynamoDB
internal import Scheduling

/// A fault of a table, found without changing anything.
public enum TableFault: Sendable, Equatable {
    /// DynamoDB gave no answer, or one that does not describe the table.
    case unreachable(reason: String)
    /// The credentials are missing, wrong or expired.
    case refused(reason: String)
    /// The table does not exist.
    case missing
    /// The table exists but cannot be used yet, or can no longer be used.
    case notActive(status: String)
    /// The keys of the table are not those of schedules or of progress records.
    case wrongKeys
    /// Time to live is off, so key records would stay for ever.
    case noTimeToLive
    /// An operation that a pod needs is not allowed.
    case denied(operation: String)
}

extension DynamoDBScheduleStore {
    /// Checks both tables in the way in which a pod uses them: their keys, time to live, and the rights to read, write
    /// and delete.
    ///
    /// The right to write is tested by deleting an item that does not exist.
    ///
    /// - Parameter timeout: how long each call may take.
    /// - Returns: the faults, by table; a table without an entry has none.
    public func inspectTables(timeout: Duration = .seconds(5)) async -> [(table: String, fault: TableFault)] {
        var faults: [(table: String, fault: TableFault)] = []
        for (table, keys) in [
            (configuration.scheduleTable, ItemLayout.scheduleKeys),
            (configuration.progressTable, ItemLayout.progressKeys),
        ] {
            for fault in await inspect(table, keys: keys, timeout: timeout) { faults.append((table, fault)) }
        }
        return faults
    }

    private func inspect(_ table: String, keys: TableKeys, timeout: Duration) async -> [TableFault] {
        var faults: [TableFault] = []
        do throws(DynamoDBError) {
            let description = try await client.describeTable(table, deadline: .now + timeout)
            if description.keys != keys { return [.wrongKeys] }
            if description.status != "ACTIVE" { return [.notActive(status: description.status)] }
        } catch {
            let fault = Self.fault(error, operation: "DescribeTable")
            // A pod does not describe tables itself. The calls below show whether it can work.
            guard case .denied = fault else { return [fault] }
            faults.append(fault)
        }
        for (operation, call) in calls(table, keys: keys, timeout: timeout) {
            do throws(DynamoDBError) {
                if let fault = try await call() { faults.append(fault) }
            } catch {
                faults.append(Self.fault(error, operation: operation))
            }
        }
        return faults
    }

    private typealias Call = () async throws(DynamoDBError) -> TableFault?

    /// The calls that a pod makes to the table, in a form that changes nothing.
    private func calls(_ table: String, keys: TableKeys, timeout: Duration) -> [(operation: String, call: Call)] {
        // This key belongs to no partition and no client.
        var nobody: Item = [keys.hash.name: .string("doctor#")]
        if let range = keys.range { nobody[range.name] = .number("0") }
        let key = nobody
        let client = client
        let delete: Call = { () throws(DynamoDBError) in
            try await client.batchWrite([.delete(key: key)], table: table, deadline: .now + timeout)
            return nil
        }
        guard let range = keys.range else {
            let scan: Call = { () throws(DynamoDBError) in
                _ = try await client.scan(table: table, startingAfter: nil, deadline: .now + timeout)
                return nil
            }
            return [("Scan", scan), ("BatchWriteItem", delete)]
        }
        let query: Call = { () throws(DynamoDBError) in
            let query = RangeQuery(
                table: table,
                hash: Item.Attribute(name: keys.hash.name, value: .string("doctor#")),
                range: range.name,
                lower: .number("0"),
                upper: .number("1")
            )
            _ = try await client.query(query, startingAfter: nil, limit: 1, deadline: .now + timeout)
            return nil
        }
        let get: Call = { () throws(DynamoDBError) in
            _ = try await client.batchGet([key], table: table, deadline: .now + timeout)
            return nil
        }
        let timeToLive: Call = { () throws(DynamoDBError) in
            let isOn = try await client.hasTimeToLive(
                table,
                attribute: ItemLayout.Name.timeToLive,
                deadline: .now + timeout
            )
            return isOn ? nil : .noTimeToLive
        }
        return [
            ("DescribeTimeToLive", timeToLive), ("Query", query), ("BatchGetItem", get), ("BatchWriteItem", delete),
        ]
    }

    private static func fault(_ error: DynamoDBError, operation: String) -> TableFault {
        switch error.code {
        case .tableNotFound: .missing
        case .accessDenied where error.exception == "AccessDeniedException": .denied(operation: operation)
        case .accessDenied: .refused(reason: error.message)
        case .throttled, .unavailable, .timedOut, .cancelled, .tableInUse, .invalidRequest, .conditionFailed,
            .unreadableAnswer, .other:
            .unreachable(reason: error.message)
        }
    }
}
