internal import DynamoDB
public import Scheduling

extension DynamoDBScheduleStore {
    /// Creates each of the two tables if it does not exist, waits until both can be used, and turns on time to live for
    /// key records. If this is repeated, it changes nothing.
    ///
    /// - Parameter timeout: how long all of it may take; DynamoDB needs about ten seconds for a table.
    /// - Throws: `refused` if a table exists with other keys, or may not be created.
    public func createTables(timeout: Duration = .seconds(120)) async throws(ScheduleStoreError) {
        let deadline = ContinuousClock.now + timeout
        do {
            let tables = [
                (configuration.scheduleTable, ItemLayout.scheduleKeys),
                (configuration.progressTable, ItemLayout.progressKeys),
            ]
            for (table, keys) in tables { try await start(table, keys: keys, deadline: deadline) }
            for (table, keys) in tables { try await waitUntilActive(table, keys: keys, deadline: deadline) }

            let table = configuration.scheduleTable
            let attribute = ItemLayout.Name.timeToLive
            if try await !client.hasTimeToLive(table, attribute: attribute, deadline: deadline) {
                try await client.enableTimeToLive(table, attribute: attribute, deadline: deadline)
            }
        } catch {
            throw ScheduleStoreError(error)
        }
    }

    private func start(
        _ table: String,
        keys: TableKeys,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        do {
            // An endpoint that does not exist will not appear while we wait.
            let deadline = min(deadline, .now + .seconds(15))
            try await client.createTable(table, keys: keys, deadline: deadline)
        } catch  where error.code == .tableInUse {
            // The table exists, or another process is creating it.
        }
    }

    private func waitUntilActive(
        _ table: String,
        keys: TableKeys,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        while true {
            let description = try await client.describeTable(table, deadline: deadline)
            guard description.keys == keys else {
                let message = "Table \(table) exists with other keys than Clockwork's."
                throw DynamoDBError(code: .invalidRequest, message: message)
            }
            if description.status == "ACTIVE" { return }
            guard ContinuousClock.now < deadline else {
                let message = "Table \(table) is \(description.status), not yet ACTIVE."
                throw DynamoDBError(code: .timedOut, message: message)
            }
            do {
                try await Task.sleep(for: .milliseconds(500))
            } catch {
                throw DynamoDBError(code: .cancelled, message: "The task was cancelled.")
            }
        }
    }
}
