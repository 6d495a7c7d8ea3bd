internal import Logging
internal import Runtime
internal import Scheduling

/// The thread that owns the connection, and the queue of calls to it.
///
/// When a transaction begins, it takes all waiting writes, of whichever partition. So the disk is synchronised once for
/// all of them. A single write is carried out at once. Under load, a transaction begins `pace` after the one before, so
/// that it has something to gather. Reads are served meanwhile.
final class SQLiteWorker: Sendable {
    typealias Outcome<Output> = Result<Output, ScheduleStoreError>

    private enum Work: Sendable {
        case write(
            @Sendable (SQLiteSession) throws(SQLiteError) -> Void,
            CheckedContinuation<Outcome<Void>, Never>
        )
        /// The closure resumes its caller itself.
        case read(@Sendable (SQLiteSession) -> Void)
    }

    /// `@unchecked Sendable`: one thread makes it and hands it over once. Only the other thread uses it.
    private struct Handover: @unchecked Sendable {
        let session: SQLiteSession
    }

    private static let maximumWaiting = 10_000
    /// Limits how long reads wait behind writes.
    private static let writesPerTransaction = 64
    /// The least time between the beginnings of two transactions, in nanoseconds. It is ten times the fixed cost of a
    /// transaction, and too short for a waiting writer to notice.
    private static let pace: UInt64 = 5_000_000

    private let inbox = BlockingInbox<Work>(capacity: maximumWaiting)
    private let thread: NamedThread

    /// Opens the file at `path`, which only this thread may use, and starts the thread. The thread holds `lock` until
    /// it ends.
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

    /// Performs `body` in a transaction, alone or with other writes. Returns once it is on the disk.
    func write(
        _ body: @escaping @Sendable (SQLiteSession) throws(SQLiteError) -> Void
    ) async throws(ScheduleStoreError) {
        let outcome = await withCheckedContinuation { continuation in
            if !inbox.add(.write(body, continuation)) { continuation.resume(returning: .failure(.closed)) }
        }
        try outcome.get()
    }

    /// Performs `body` outside a transaction.
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

    /// Finishes the waiting calls, closes the file and ends the thread. Later calls fail.
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
