/// What is to change in the store for one schedule key.
///
/// Applying a change twice, or by two owners, leaves the store as if once (design rule "Idempotent changes"). One
/// change may be applied in part when a call fails; the caller then repeats it whole. Within one change the order is
/// timeline item, key record, deletes, so that a failure half way can repeat a schedule but never lose one: a record
/// whose own item is gone says "delivered".
public struct KeyChange: Sendable, Equatable {
    /// The key that changes.
    public var key: ScheduleKey
    /// A timeline item to write.
    public var put: Schedule?
    /// The key record to write; `nil` leaves it as it is.
    public var record: KeyRecord?
    /// Timeline items to delete in this partition; absent ones are no error.
    public var deletes: [Position]

    /// A change from its parts.
    public init(key: ScheduleKey, put: Schedule? = nil, record: KeyRecord? = nil, deletes: [Position] = []) {
        self.key = key
        self.put = put
        self.record = record
        self.deletes = deletes
    }
}

/// The answer of the store about one key.
public struct KeyLookup: Sendable, Equatable {
    /// The key record, if there is one that has not expired.
    public var record: KeyRecord?
    /// Whether the timeline item that the record names exists. `false` without a record, and where the record says
    /// cancelled or failed.
    public var isPending: Bool

    /// An answer from its parts.
    public init(record: KeyRecord?, isPending: Bool) {
        self.record = record
        self.isPending = isPending
    }

    /// The answer for a key nobody has used.
    public static let unknown = KeyLookup(record: nil, isPending: false)
}

/// One timeline item with the key record that belongs to its key.
public struct TimelineItem: Sendable, Equatable {
    /// The pending schedule.
    public var schedule: Schedule
    /// The record of its key, read together with it; `nil` when missing, which never stops a delivery.
    public var record: KeyRecord?

    /// An item from its parts.
    public init(schedule: Schedule, record: KeyRecord?) {
        self.schedule = schedule
        self.record = record
    }
}

/// A run of a partition's timeline, in position order.
public struct TimelinePage: Sendable, Equatable {
    /// The items, in position order.
    public var items: [TimelineItem]
    /// Whether the timeline has been read up to the end of the range asked for. When `false`, the page ends with its
    /// last item and there may be more behind it; such a page is never empty.
    public var reachedEnd: Bool

    /// A page from its parts.
    public init(items: [TimelineItem], reachedEnd: Bool) {
        self.items = items
        self.reachedEnd = reachedEnd
    }
}

/// A record of an intake partition by which its log is told from another log of the same name.
public struct LogMark: Sendable, Hashable {
    /// Kafka's own offset of the record.
    public var offset: Int64
    /// The record's timestamp, in milliseconds.
    public var timestamp: Int64
    /// A hash of the record's key and value, the same in every process.
    public var hash: UInt64

    /// A mark from its parts.
    public init(offset: Int64, timestamp: Int64, hash: UInt64) {
        self.offset = offset
        self.timestamp = timestamp
        self.hash = hash
    }

    /// In the place of a record: the log was read from its beginning, and there was nothing to read. What is committed of it
    /// is aborted transactions, and the markers that end transactions.
    public static let nothing = LogMark(offset: -1, timestamp: 0, hash: 0)

    /// Whether it is about a record.
    public var isRecord: Bool { offset >= 0 }
}

/// How far the owner of a partition has come, and in which log. The next owner begins from it.
public struct PartitionProgress: Sendable, Equatable {
    /// The intake partition.
    public var partition: Int32
    /// The name of the owning pod.
    public var owner: String
    /// The group generation under which the partition was assigned.
    public var epoch: Int64
    /// The schedule time of the latest delivery, if there was one.
    public var executedUpTo: EpochMilliseconds?
    /// The number of schedules in memory.
    public var pendingResident: Int
    /// The intake offset to be read next after a restart, once one has been committed. Kafka's own.
    public var committedOffset: Int64?
    /// Which log of this partition the offsets are of: 0 for the first, one more each time that a new one is found.
    public var generation: Int64
    /// The latest record read when this was written; `nil` while none has been read of this generation.
    public var mark: LogMark?
    /// When this was written.
    public var updatedAt: EpochMilliseconds

    /// A progress record from its parts.
    public init(
        partition: Int32,
        owner: String,
        epoch: Int64,
        executedUpTo: EpochMilliseconds?,
        pendingResident: Int,
        committedOffset: Int64?,
        generation: Int64 = 0,
        mark: LogMark? = nil,
        updatedAt: EpochMilliseconds
    ) {
        self.partition = partition
        self.owner = owner
        self.epoch = epoch
        self.executedUpTo = executedUpTo
        self.pendingResident = pendingResident
        self.committedOffset = committedOffset
        self.generation = generation
        self.mark = mark
        self.updatedAt = updatedAt
    }
}

/// The durable set of pending schedules, by partition and position, and the key records beside it.
///
/// A call either does all it was asked to, durably, or throws; after a throw any part of it may have happened. The
/// store retries what is worth retrying for a bounded time (seconds); the owner repeats the call after that. Calls
/// for different partitions are independent and may run concurrently; so may calls for one partition as long as they
/// do not name the same key, which the owner sees to.
public protocol ScheduleStore: Sendable {
    /// Applies `changes` durably. No key occurs twice.
    func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError)

    /// What the store knows of each key, read consistently, in the order of `keys`. No key occurs twice.
    func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup]

    /// The timeline after `position` up to and including every schedule due at `end`, at most `limit` items (> 0).
    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage

    /// Writes the progress record of a partition, unless the stored one is of a later generation: what an owner of
    /// before still writes says nothing of the log that came after.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool

    /// Every partition's progress record, by partition.
    func progress() async throws(ScheduleStoreError) -> [PartitionProgress]
}

/// A call to the store that did not succeed.
public struct ScheduleStoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: String, Sendable {
        /// The store could not be reached, timed out, throttled or failed: the same call may succeed later.
        case unavailable
        /// The store refuses the call and will refuse it again (credentials, missing table, damaged data).
        case refused
        /// Another process has the store, and it takes only one.
        case inUse
    }

    /// What kind of failure it was.
    public var code: Code
    /// One sentence for operators; no payload, key or credential in it.
    public var message: String

    /// An error from its parts.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message, safe to log.
    public var description: String { "\(code.rawValue): \(message)" }
}
