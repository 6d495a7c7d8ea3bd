internal import CSQLite

/// One connection to a database file. Used by one thread at a time.
final class SQLiteConnection {
    fileprivate let handle: OpaquePointer

    /// Made once, by the first connection.
    private static let configured: Void = csqlite_keep_no_account_of_memory()

    init(path: String) throws(SQLiteError) {
        Self.configured
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let result = sqlite3_open_v2(path, &handle, flags, nil)
        guard result == SQLITE_OK, let handle else {
            let error = SQLiteError(handle)
            sqlite3_close_v2(handle)
            throw error
        }
        self.handle = handle
        sqlite3_busy_timeout(handle, 2000)
    }

    deinit {
        // Every statement holds the connection, so all of them have been released by now.
        sqlite3_close_v2(handle)
    }

    /// Runs statements and ignores their rows.
    func execute(_ sql: String) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw SQLiteError(handle) }
    }

    /// Runs `body` in a transaction. Either all of it is durable, or nothing happens and the error is thrown.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try enclose("BEGIN IMMEDIATE", body)
    }

    /// Runs `body`, which only reads. It sees one state of the file throughout.
    func snapshot(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try enclose("BEGIN", body)
    }

    private func enclose(_ begin: String, _ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute(begin)
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // After some errors (disk full, I/O) the transaction has already ended.
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }
}

/// A prepared statement, which is used many times.
final class SQLiteStatement {
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private let connection: SQLiteConnection
    private let handle: OpaquePointer

    init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(connection.handle, sql, -1, flags, &handle, nil) == SQLITE_OK, let handle else {
            throw SQLiteError(connection.handle)
        }
        self.connection = connection
        self.handle = handle
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: Parameters, counted from 1

    func bind(_ index: Int32, _ value: Int64?) throws(SQLiteError) {
        if let value {
            try check(sqlite3_bind_int64(handle, index, value))
        } else {
            try check(sqlite3_bind_null(handle, index))
        }
    }

    func bind(_ index: Int32, _ text: String) throws(SQLiteError) {
        var text = text
        let result = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { text in
                sqlite3_bind_text64(
                    handle,
                    index,
                    text.baseAddress,
                    sqlite3_uint64(text.count),
                    Self.transient,
                    UInt8(SQLITE_UTF8)
                )
            }
        }
        try check(result)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]?) throws(SQLiteError) {
        let result = bytes.map { bytes in
            // The address of an empty array may be null, and SQLite would store that as NULL.
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob64(handle, index, bytes, sqlite3_uint64(bytes.count), Self.transient)
        }
        try check(result ?? sqlite3_bind_null(handle, index))
    }

    // MARK: Running

    /// Goes to the next row; `false` after the last one.
    func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteError(connection.handle)
        }
    }

    /// Runs a statement without rows.
    func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// Resets the statement for its next use, and clears its parameters.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: Columns of the current row, counted from 0

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8]? {
        guard !isNull(column) else { return nil }
        let bytes = sqlite3_column_blob(handle, column)
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(connection.handle) }
    }
}
