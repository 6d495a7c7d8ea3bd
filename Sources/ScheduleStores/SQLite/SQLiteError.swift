internal import CSQLite
internal import Scheduling

/// A failed call to SQLite.
struct SQLiteError: Error {
    /// SQLite's extended result code.
    let code: Int32
    let message: String

    /// The error that `connection` has just reported.
    init(_ connection: OpaquePointer?) {
        code = connection.map { sqlite3_extended_errcode($0) } ?? SQLITE_NOMEM
        message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
    }

    /// Whether the disk was full.
    var isDiskFull: Bool { code & 0xFF == SQLITE_FULL }

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }
}

extension ScheduleStoreError {
    /// The error for one of SQLite. An error of the disk or of other processes may pass; an error of the data will not.
    init(_ error: SQLiteError) {
        let code: Code =
            switch error.code & 0xFF {
            case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_SCHEMA,
                SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_MISUSE, SQLITE_RANGE:
                .refused
            default: .unavailable
            }
        self.init(code: code, message: "SQLite: \(error.message) (\(error.code))")
    }
}
