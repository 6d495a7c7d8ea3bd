internal import CSQLite

/// The tables of the file, and the version of the layout.
enum SQLiteSchema {
    static let version: Int64 = 2

    /// Settings of a connection, and settings that must be made before the first table.
    ///
    /// A commit is on the disk before it is reported as stored (`synchronous`). Writes go to the log first, so a commit
    /// needs only one synchronisation (`journal_mode`). The log grows to 64 MB before it is copied into the file, so a
    /// page that many commits have changed is then written once. Pages are not mapped into memory, because a disk error
    /// would then be a signal and not an error.
    private static let settings = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 16384;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA cache_size = -131072;
        PRAGMA temp_store = MEMORY;
        """

    /// There is no index on the expiry of key records: it would cost every create a third random page. See
    /// `SQLiteSession.sweep`.
    private static let tables = """
        CREATE TABLE timeline (
            partition INTEGER NOT NULL,
            time INTEGER NOT NULL,
            "offset" INTEGER NOT NULL,
            client TEXT NOT NULL,
            key TEXT NOT NULL,
            ordering_key TEXT NOT NULL,
            target TEXT NOT NULL,
            payload BLOB,
            headers BLOB NOT NULL,
            attempt INTEGER,
            create_time INTEGER,
            failure TEXT,
            PRIMARY KEY (partition, time, "offset")
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE key_record (
            client TEXT NOT NULL,
            key TEXT NOT NULL,
            state TEXT NOT NULL,
            partition INTEGER NOT NULL,
            time INTEGER NOT NULL,
            "offset" INTEGER NOT NULL,
            request_offset INTEGER NOT NULL,
            ordering_key TEXT NOT NULL,
            target TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            attempt INTEGER,
            create_time INTEGER,
            failure TEXT,
            PRIMARY KEY (client, key)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE progress (
            partition INTEGER PRIMARY KEY,
            owner TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            executed_up_to INTEGER,
            pending_resident INTEGER NOT NULL,
            committed_offset INTEGER,
            updated_at INTEGER NOT NULL
        ) STRICT;
        PRAGMA user_version = 2;
        """

    /// Version 1 had no retries. In every other row the three columns of a retry are null, which costs an old row
    /// nothing.
    private static let fromVersion1 = """
        ALTER TABLE timeline ADD COLUMN attempt INTEGER;
        ALTER TABLE timeline ADD COLUMN create_time INTEGER;
        ALTER TABLE timeline ADD COLUMN failure TEXT;
        ALTER TABLE key_record ADD COLUMN attempt INTEGER;
        ALTER TABLE key_record ADD COLUMN create_time INTEGER;
        ALTER TABLE key_record ADD COLUMN failure TEXT;
        PRAGMA user_version = 2;
        """

    /// This table was added to version 2 without a new version. A pod that does not know it can still open the file,
    /// and leaves the table alone.
    private static let intakeLog = """
        CREATE TABLE IF NOT EXISTS intake_log (
            partition INTEGER PRIMARY KEY,
            generation INTEGER NOT NULL,
            mark_offset INTEGER,
            mark_timestamp INTEGER,
            mark_hash INTEGER
        ) STRICT;
        """

    /// Prepares the connection, and creates the tables in a new file.
    static func prepare(_ connection: SQLiteConnection) throws(SQLiteError) {
        try connection.execute(settings)
        let found = try integer("PRAGMA user_version", connection)
        if found == 1 {
            try connection.transaction { () throws(SQLiteError) in try connection.execute(fromVersion1) }
        } else if found != version {
            guard found == 0, try integer("SELECT count(*) FROM sqlite_schema", connection) == 0 else {
                throw SQLiteError(
                    code: SQLITE_NOTADB,
                    message: "the file is not Clockwork's, or of another version (layout \(found), expected \(version))"
                )
            }
            try connection.transaction { () throws(SQLiteError) in try connection.execute(tables) }
        }
        try connection.execute(intakeLog)
    }

    private static func integer(_ sql: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let statement = try SQLiteStatement(connection, sql)
        return try statement.step() ? statement.integer(0) : 0
    }
}
