public import Logging
public import Scheduling
internal import Synchronization

/// Keeps schedules in one SQLite file, for one pod.
///
/// Only one process at a time has the file open; it holds a lock on `<path>.lock`. A row that cannot be read does not
/// stop its partition: it is skipped, left in the file, and reported at error level.
public final class SQLiteScheduleStore: ScheduleStore {
    let worker: SQLiteWorker
    private let retention: KeyRetention
    private let now: @Sendable () -> EpochMilliseconds

    /// Opens the file. Creates it if it does not exist.
    ///
    /// - Parameters:
    ///   - path: the file. The `-wal`, `-shm` and `.lock` files are beside it.
    ///   - keyRetention: how long a key record is kept after its schedule time or after its writing, whichever is
    ///     later.
    ///   - logger: takes a line for each row that cannot be read.
    ///   - now: the wall clock, which is used only for the expiry of key records.
    /// - Throws: `inUse` if another process has the file (the message names it), `refused` if the file is not
    ///   Clockwork's, `unavailable` if it cannot be opened or written.
    public init(
        path: String,
        keyRetention: Duration = .seconds(7 * 86_400),
        logger: Logger,
        now: @escaping @Sendable () -> EpochMilliseconds
    ) throws(ScheduleStoreError) {
        let lock = try FileLock(path: path + ".lock")
        worker = try SQLiteWorker(path: path, lock: lock, logger: logger, now: now)
        retention = KeyRetention(keyRetention)
        self.now = now
    }

    deinit {
        close()
    }

    /// Finishes the waiting calls, closes the file and releases the lock. Blocks until that is done. Later calls fail
    /// with `unavailable`.
    public func close() {
        worker.close()
    }

    /// Applies all of `changes` or none of them. They are on the disk when the call returns.
    public func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        if changes.isEmpty { return }
        let now = now()
        let retention = retention
        try await worker.write { (session) throws(SQLiteError) in
            // The loop uses indices: a change is a large value, and a copy of it counts a reference for each of its
            // parts.
            for index in changes.indices {
                if let schedule = changes[index].put { try session.put(schedule, partition: partition) }
                if let record = changes[index].record {
                    let expirySeconds = retention.expirySeconds(of: record, now: now)
                    try session.put(record, key: changes[index].key, expirySeconds: expirySeconds)
                }
            }
            // Deletes follow all puts, as in every other store.
            for index in changes.indices where !changes[index].deletes.isEmpty {
                for position in changes[index].deletes { try session.delete(position, partition: partition) }
            }
            session.noteWrites(changes.count)
        }
    }

    /// Reads the key records, and whether the schedules that they name are pending.
    public func lookUp(
        _ keys: [ScheduleKey],
        partition: Int32
    ) async throws(ScheduleStoreError) -> [KeyLookup] {
        let now = now()
        return try await worker.read { (session) throws(SQLiteError) in
            try session.lookUp(keys, now: now)
        }
    }

    /// Reads a part of the timeline, with its key records.
    public func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        let now = now()
        return try await worker.read { (session) throws(SQLiteError) in
            try session.page(partition: partition, after: position, through: end, limit: limit, now: now)
        }
    }

    /// Writes the progress record of a partition, unless the stored one has a later generation.
    @discardableResult
    public func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        // A transaction may be attempted twice.
        let isWritten = Atomic(false)
        try await worker.write { (session) throws(SQLiteError) in
            isWritten.store(try session.progress.put(progress), ordering: .relaxed)
        }
        return isWritten.load(ordering: .relaxed)
    }

    /// The progress records of all partitions, by partition.
    public func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        try await worker.read { (session) throws(SQLiteError) in try session.progress.records() }
    }
}
