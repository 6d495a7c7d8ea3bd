internal import Logging
internal import Runtime
internal import Scheduling

/// The thread that owns the connection, and the queue to it.
///
/// All writes that wait when it comes round go into one transaction, whichever partition they are of: the disk is
/// synchronised once for all of them. A write that comes alone is carried out at once; under load a transaction begins
/// `pace` after the one before, so that it has something to gather. Reads are served meanwhile.
final class SQLiteWorker: Sendable {
    typealias Outcome<Output> = Result<Output, ScheduleStoreError>

    private enum Work: Sendable {
        case write(
            @Sendable (SQLiteSession) throws(SQLiteError) -> Void,
            CheckedContinuation<Outcome<Void>, Never>
        )
        /// Resumes its caller itself.
        case read(@Sendable (SQLiteSession) -> Void)
    }

    /// `@unchecked Sendable`: made by one thread and handed once to another, which is the only one to use it.
    private struct Handover: @unchecked Sendable {
        let session: SQLiteSession
    }

    private static let maximumWaiting = 10_000
    /// Bounds how long the reads wait behind the writes.
    private static let writesPerTransaction = 64
    /// The least time from the beginning of one transaction to that of the next, in nanoseconds. Ten times what a
    /// transaction costs besides its rows, and less than anybody who waits for a write would notice.
    private static let pace: UInt64 = 5_000_000

    private let inbox = BlockingInbox<Work>(capacity: maximumWaiting)
    private let thread: NamedThread

    /// Opens the file at `path`, which nobody else may use, and starts the thread. `lock` is kept until it ends.
    init(
        path: String,
        lock: FileLock,
        logger: Logger,
        now: @escaping @Sendable () -> EpochMilliseconds
    ) throws(ScheduleStoreError) {
        let handover: Handover
        do {
            handover = Handover(session: try SQLiteSession(path: path, logger: logger, now: now))
        } catch {
            var failure = ScheduleStoreError(error)
            failure.message = "\(path) cannot be opened. \(failure.message)"
            throw failure
        }
        let inbox = inbox
        guard
            let thread = NamedThread(
                name: "sqlite",
                body: {
                    withExtendedLifetime(lock) { Self.run(handover, inbox) }
                }
            )
        else { throw ScheduleStoreError(code: .unavailable, message: "No thread could be started for SQLite.") }
        self.thread = thread
    }

    /// Performs `body` in a transaction, alone or with other writes; returns once it is on the disk.
    func write(
        _ body: @escaping @Sendable (SQLiteSession) throws(SQLiteError) -> Void
    ) async throws(ScheduleStoreError) {
        let outcome = await withCheckedContinuation { continuation in
            if !inbox.add(.write(body, continuation)) { continuation.resume(returning: .failure(.closed)) }
        }
        try outcome.get()
    }

    /// Performs `body` outside of any transaction.
    func read<Output: Sendable>(
        _ body: @escaping @Sendable (SQLiteSession) throws(SQLiteError) -> Output
    ) async throws(ScheduleStoreError) -> Output {
        let outcome: Outcome<Output> = await withCheckedContinuation { continuation in
            let work = Work.read { session in
                do throws(SQLiteError) {
                    continuation.resume(returning: .success(try body(session)))
                } catch {
                    continuation.resume(returning: .failure(ScheduleStoreError(error)))
                }
            }
            if !inbox.add(work) { continuation.resume(returning: .failure(.closed)) }
        }
        return try outcome.get()
    }

    /// Finishes what waits, closes the file and ends the thread. Later calls fail.
    func close() {
        inbox.close()
        thread.join()
    }

    // MARK: On the thread

    private static func run(_ handover: Handover, _ inbox: BlockingInbox<Work>) {
        let session = handover.session
        var writes: [Work] = []
        var nextTransaction: UInt64 = 0
        var isClosed = false
        while !isClosed || !writes.isEmpty {
            let batch = inbox.takeAll(until: writes.isEmpty ? nil : nextTransaction)
            isClosed = batch.isClosed
            for work in batch.work {
                switch work {
                case .write: writes.append(work)
                case .read(let body): body(session)
                }
                if writes.count == writesPerTransaction {
                    nextTransaction = MonotonicClock.now() + pace
                    commit(writes, session)
                    writes = []
                }
            }
            let now = MonotonicClock.now()
            if !writes.isEmpty, isClosed || now >= nextTransaction {
                nextTransaction = now + pace
                commit(writes, session)
                writes = []
            }
        }
    }

    private static func commit(_ writes: [Work], _ session: SQLiteSession) {
        var outcome = attempt(writes, session)
        if case .failure(let error) = outcome, error.isDiskFull, session.reclaimLog() {
            outcome = attempt(writes, session)
        }
        let result = outcome.mapError(ScheduleStoreError.init)
        for case .write(_, let continuation) in writes { continuation.resume(returning: result) }
    }

    private static func attempt(_ writes: [Work], _ session: SQLiteSession) -> Result<Void, SQLiteError> {
        do throws(SQLiteError) {
            try session.transaction { () throws(SQLiteError) in
                for case .write(let body, _) in writes { try body(session) }
                try session.sweep()
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}

extension ScheduleStoreError {
    fileprivate static let closed = ScheduleStoreError(
        code: .unavailable,
        message: "The SQLite store is closed, or too many calls wait for it."
    )
}
