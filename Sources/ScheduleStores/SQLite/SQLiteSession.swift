internal import Logging
internal import Scheduling

/// The statements of the store on its one connection. Used by the store's thread alone.
final class SQLiteSession {
    let connection: SQLiteConnection
    let progress: SQLiteProgress
    private let logger: Logger
    private let putSchedule: SQLiteStatement
    private let deleteSchedule: SQLiteStatement
    private let putRecord: SQLiteStatement
    private let getExpiries: SQLiteStatement
    private let deleteRecord: SQLiteStatement
    private let getRecord: SQLiteStatement
    private let getPage: SQLiteStatement
    private let now: () -> EpochMilliseconds
    /// The number of changes written since the last sweep.
    private var unsweptWrites = 0
    /// The least number of key records that a sweep examines.
    private static let sweepAtLeast = 100
    /// The key record at which the last sweep ended.
    private var sweptTo = (client: "", key: "")

    init(path: String, logger: Logger, now: @escaping () -> EpochMilliseconds) throws(SQLiteError) {
        let connection = try SQLiteConnection(path: path)
        try SQLiteSchema.prepare(connection)
        self.connection = connection
        progress = try SQLiteProgress(connection)
        self.logger = logger
        self.now = now
        putSchedule = try SQLiteStatement(
            connection,
            """
            INSERT OR REPLACE INTO timeline
                (partition, time, "offset", client, key, ordering_key, target, payload, headers,
                attempt, create_time, failure)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        deleteSchedule = try SQLiteStatement(
            connection,
            """
            DELETE FROM timeline WHERE partition = ? AND time = ? AND "offset" = ?
            """
        )
        putRecord = try SQLiteStatement(
            connection,
            """
            INSERT OR REPLACE INTO key_record
                (client, key, state, partition, time, "offset", request_offset, ordering_key, target, expires_at,
                attempt, create_time, failure)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        getExpiries = try SQLiteStatement(
            connection,
            """
            SELECT client, key, expires_at FROM key_record WHERE (client, key) > (?, ?) ORDER BY client, key LIMIT ?
            """
        )
        deleteRecord = try SQLiteStatement(
            connection,
            """
            DELETE FROM key_record WHERE client = ? AND key = ?
            """
        )
        getRecord = try SQLiteStatement(
            connection,
            """
            SELECT state, partition, time, "offset", request_offset, ordering_key, target,
                attempt, create_time, failure,
                EXISTS (
                    SELECT 1 FROM timeline
                    WHERE partition = r.partition AND time = r.time AND "offset" = r."offset"
                )
            FROM key_record AS r WHERE client = ? AND key = ? AND expires_at > ?
            """
        )
        getPage = try SQLiteStatement(
            connection,
            """
            SELECT r.state, r.partition, r.time, r."offset", r.request_offset, r.ordering_key, r.target,
                r.attempt, r.create_time, r.failure,
                t.time, t."offset", t.client, t.key, t.ordering_key, t.target, t.payload, t.headers,
                t.attempt, t.create_time, t.failure
            FROM timeline AS t
            LEFT JOIN key_record AS r ON r.client = t.client AND r.key = t.key AND r.expires_at > ?5
            WHERE t.partition = ?1 AND (t.time, t."offset") > (?2, ?3) AND t.time <= ?4
            ORDER BY t.time, t."offset"
            """
        )
    }

    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try connection.transaction(body)
    }

    /// Copies the write-ahead log into the file and truncates the log. This helps when the disk is full: the log may be
    /// what fills it, and is otherwise not copied before it is large.
    ///
    /// - Returns: whether that succeeded.
    func reclaimLog() -> Bool {
        do throws(SQLiteError) {
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return true
        } catch {
            return false
        }
    }

    // MARK: Writes, inside a transaction

    func put(_ schedule: Schedule, partition: Int32) throws(SQLiteError) {
        try putSchedule.bind(1, Int64(partition))
        try putSchedule.bind(2, schedule.position.time.rawValue)
        try putSchedule.bind(3, schedule.position.offset)
        try putSchedule.bind(4, schedule.key.clientID)
        try putSchedule.bind(5, schedule.key.scheduleKey)
        try putSchedule.bind(6, schedule.orderingKey)
        try putSchedule.bind(7, schedule.target.storedText)
        try putSchedule.bind(8, schedule.payload)
        try putSchedule.bind(9, schedule.headers.packed)
        try bind(schedule.retry, to: putSchedule, from: 10)
        try putSchedule.run()
    }

    func delete(_ position: Position, partition: Int32) throws(SQLiteError) {
        try deleteSchedule.bind(1, Int64(partition))
        try deleteSchedule.bind(2, position.time.rawValue)
        try deleteSchedule.bind(3, position.offset)
        try deleteSchedule.run()
    }

    func put(_ record: KeyRecord, key: ScheduleKey, expirySeconds: Int64) throws(SQLiteError) {
        try putRecord.bind(1, key.clientID)
        try putRecord.bind(2, key.scheduleKey)
        try putRecord.bind(3, record.state.rawValue)
        try putRecord.bind(4, Int64(record.partition))
        try putRecord.bind(5, record.position.time.rawValue)
        try putRecord.bind(6, record.position.offset)
        try putRecord.bind(7, record.requestOffset)
        try putRecord.bind(8, record.orderingKey)
        try putRecord.bind(9, record.target.storedText)
        try putRecord.bind(10, expirySeconds)
        try bind(record.retry, to: putRecord, from: 11)
        try putRecord.run()
    }

    /// Notes the number of changes that were written in this transaction.
    func noteWrites(_ count: Int) {
        unsweptWrites += count
    }

    /// Examines the next key records, in rounds through the table, and deletes the expired ones. This happens once in a
    /// transaction, and covers at least as many records as the transaction writes. So a round ends before the table
    /// could have doubled.
    func sweep() throws(SQLiteError) {
        guard unsweptWrites > 0 else { return }
        let count = max(Self.sweepAtLeast, unsweptWrites)
        unsweptWrites = 0
        let now = now()
        var seen = 0
        var expired: [(client: String, key: String)] = []
        do {
            defer { getExpiries.reset() }
            try getExpiries.bind(1, sweptTo.client)
            try getExpiries.bind(2, sweptTo.key)
            try getExpiries.bind(3, Int64(count))
            while try getExpiries.step() {
                seen += 1
                let isExpired = KeyRetention.isExpired(expirySeconds: getExpiries.integer(2), now: now)
                guard isExpired || seen == count else { continue }
                let place = (client: getExpiries.text(0), key: getExpiries.text(1))
                if isExpired { expired.append(place) }
                sweptTo = place
            }
        }
        if seen < count { sweptTo = ("", "") }
        for place in expired {
            try deleteRecord.bind(1, place.client)
            try deleteRecord.bind(2, place.key)
            try deleteRecord.run()
        }
    }

    // MARK: Reads

    /// Looks up each key. This is one transaction, so the file is locked once, not once for each key.
    func lookUp(_ keys: [ScheduleKey], now: EpochMilliseconds) throws(SQLiteError) -> [KeyLookup] {
        var lookups: [KeyLookup] = []
        lookups.reserveCapacity(keys.count)
        try connection.snapshot { () throws(SQLiteError) in
            for key in keys { lookups.append(try lookUp(key, now: now)) }
        }
        return lookups
    }

    private func lookUp(_ key: ScheduleKey, now: EpochMilliseconds) throws(SQLiteError) -> KeyLookup {
        defer { getRecord.reset() }
        try getRecord.bind(1, key.clientID)
        try getRecord.bind(2, key.scheduleKey)
        try getRecord.bind(3, now.rawValue / 1000)
        guard try getRecord.step() else { return .unknown }
        guard let record = record(getRecord) else {
            logger.error("A key record cannot be read and counts as missing")
            return .unknown
        }
        return KeyLookup(record: record, isPending: record.state == .latest && getRecord.integer(10) == 1)
    }

    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int,
        now: EpochMilliseconds
    ) throws(SQLiteError) -> TimelinePage {
        defer { getPage.reset() }
        try getPage.bind(1, Int64(partition))
        try getPage.bind(2, position.time.rawValue)
        try getPage.bind(3, position.offset)
        try getPage.bind(4, end.rawValue)
        try getPage.bind(5, now.rawValue / 1000)

        var items: [TimelineItem] = []
        var budget = PageBudget()
        while try getPage.step() {
            if items.count == limit || budget.isSpent { return TimelinePage(items: items, reachedEnd: false) }
            guard let schedule = schedule(getPage) else {
                logger.error(
                    "A timeline item cannot be read and is passed over",
                    metadata: [
                        "partition": "\(partition)", "time": "\(getPage.integer(10))",
                        "offset": "\(getPage.integer(11))",
                    ]
                )
                continue
            }
            budget.spend(schedule)
            items.append(TimelineItem(schedule: schedule, record: getPage.isNull(0) ? nil : record(getPage)))
        }
        return TimelinePage(items: items, reachedEnd: true)
    }

    /// The three columns that only a retry has.
    private func bind(_ retry: Retry?, to statement: SQLiteStatement, from index: Int32) throws(SQLiteError) {
        // A parameter that is not bound is null.
        guard let retry else { return }
        try statement.bind(index, Int64(retry.attempt))
        try statement.bind(index + 1, retry.scheduleTime.rawValue)
        try statement.bind(index + 2, retry.failure)
    }

    private func retry(_ row: SQLiteStatement, from column: Int32) -> Retry? {
        guard !row.isNull(column), let attempt = Int32(exactly: row.integer(column)) else { return nil }
        return Retry(
            scheduleTime: EpochMilliseconds(rawValue: row.integer(column + 1)),
            attempt: attempt,
            failure: row.text(column + 2)
        )
    }

    /// The key record in columns 0 to 9; `nil` if it is damaged.
    private func record(_ row: SQLiteStatement) -> KeyRecord? {
        guard let state = KeyRecord.State(rawValue: row.text(0)),
            let partition = Int32(exactly: row.integer(1)),
            let target = DeliveryTarget(storedText: row.text(6))
        else { return nil }
        return KeyRecord(
            state: state,
            partition: partition,
            position: Position(time: EpochMilliseconds(rawValue: row.integer(2)), offset: row.integer(3)),
            requestOffset: row.integer(4),
            orderingKey: row.text(5),
            target: target,
            retry: retry(row, from: 7)
        )
    }

    /// The schedule in columns 10 to 20; `nil` if it is damaged.
    private func schedule(_ row: SQLiteStatement) -> Schedule? {
        guard let target = DeliveryTarget(storedText: row.text(15)),
            let headers = RecordHeaders(packed: row.bytes(17) ?? [])
        else { return nil }
        return Schedule(
            key: ScheduleKey(clientID: row.text(12), scheduleKey: row.text(13)),
            position: Position(time: EpochMilliseconds(rawValue: row.integer(10)), offset: row.integer(11)),
            orderingKey: row.text(14),
            target: target,
            payload: row.bytes(16),
            headers: headers,
            retry: retry(row, from: 18)
        )
    }
}
