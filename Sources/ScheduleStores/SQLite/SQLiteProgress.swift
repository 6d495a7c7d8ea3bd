internal import Scheduling

/// The progress records. Each has one row that earlier versions know, and one row about the log that the offsets belong
/// to. Used by the store's thread alone.
struct SQLiteProgress {
    private let putProgress: SQLiteStatement
    private let putLog: SQLiteStatement
    private let getGeneration: SQLiteStatement
    private let getProgress: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        putProgress = try SQLiteStatement(
            connection,
            """
            INSERT OR REPLACE INTO progress
                (partition, owner, epoch, executed_up_to, pending_resident, committed_offset, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        )
        putLog = try SQLiteStatement(
            connection,
            """
            INSERT OR REPLACE INTO intake_log (partition, generation, mark_offset, mark_timestamp, mark_hash)
            VALUES (?, ?, ?, ?, ?)
            """
        )
        getGeneration = try SQLiteStatement(connection, "SELECT generation FROM intake_log WHERE partition = ?")
        getProgress = try SQLiteStatement(
            connection,
            """
            SELECT partition, owner, epoch, executed_up_to, pending_resident, committed_offset, updated_at,
                generation, mark_offset, mark_timestamp, mark_hash
            FROM progress LEFT JOIN intake_log USING (partition) ORDER BY partition
            """
        )
    }

    /// Writes a record inside a transaction, unless the stored one has a later generation.
    ///
    /// - Returns: whether the record was written.
    func put(_ progress: PartitionProgress) throws(SQLiteError) -> Bool {
        guard try generation(of: progress.partition) <= progress.generation else { return false }
        try putProgress.bind(1, Int64(progress.partition))
        try putProgress.bind(2, progress.owner)
        try putProgress.bind(3, progress.epoch)
        try putProgress.bind(4, progress.executedUpTo?.rawValue)
        try putProgress.bind(5, Int64(progress.pendingResident))
        try putProgress.bind(6, progress.committedOffset)
        try putProgress.bind(7, progress.updatedAt.rawValue)
        try putProgress.run()

        try putLog.bind(1, Int64(progress.partition))
        try putLog.bind(2, progress.generation)
        try putLog.bind(3, progress.mark?.offset)
        try putLog.bind(4, progress.mark?.timestamp)
        // SQLite has no unsigned integers, so the same 64 bits are stored as a signed one.
        try putLog.bind(5, progress.mark.map { Int64(bitPattern: $0.hash) })
        try putLog.run()
        return true
    }

    /// The generation of the stored record; 0 if there is none.
    private func generation(of partition: Int32) throws(SQLiteError) -> Int64 {
        defer { getGeneration.reset() }
        try getGeneration.bind(1, Int64(partition))
        return try getGeneration.step() ? getGeneration.integer(0) : 0
    }

    /// Every record, by partition.
    func records() throws(SQLiteError) -> [PartitionProgress] {
        defer { getProgress.reset() }
        var records: [PartitionProgress] = []
        while try getProgress.step() { records.append(record(getProgress)) }
        return records
    }

    private func record(_ row: SQLiteStatement) -> PartitionProgress {
        PartitionProgress(
            partition: Int32(truncatingIfNeeded: row.integer(0)),
            owner: row.text(1),
            epoch: row.integer(2),
            executedUpTo: row.isNull(3) ? nil : EpochMilliseconds(rawValue: row.integer(3)),
            pendingResident: Int(row.integer(4)),
            committedOffset: row.isNull(5) ? nil : row.integer(5),
            // A record of an earlier version belongs to the first log: null reads as 0.
            generation: row.integer(7),
            mark: mark(row),
            updatedAt: EpochMilliseconds(rawValue: row.integer(6))
        )
    }

    private func mark(_ row: SQLiteStatement) -> LogMark? {
        guard !row.isNull(8), !row.isNull(9), !row.isNull(10) else { return nil }
        return LogMark(offset: row.integer(8), timestamp: row.integer(9), hash: UInt64(bitPattern: row.integer(10)))
    }
}
