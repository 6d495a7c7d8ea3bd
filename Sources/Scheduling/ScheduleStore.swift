/// A change of what the store has for one schedule key.
///
/// A change that is applied twice, or by two owners, has the same result as if it were applied once (design rule
/// "Idempotent changes"). If a call fails, a part of a change may have been applied; the caller then repeats the whole
/// change. The order within a change is timeline item, key record, deletes. So a failure half way can repeat a schedule
/// but never lose one: a key record whose item is gone means "delivered".
public struct KeyChange: Sendable, Equatable {
    /// The key that changes.
    public var key: ScheduleKey
    /// A timeline item to write.
    public var put: Schedule?
    /// The key record to write; `nil` leaves it as it is.
    public var record: KeyRecord?
    /// Timeline items of this partition to delete; an absent item is not an error.
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
    /// Whether the timeline has the item that the record names. `false` if there is no record, or if the record says
    /// cancelled or failed.
    public var isPending: Bool

    /// An answer from its parts.
    public init(record: KeyRecord?, isPending: Bool) {
        self.record = record
        self.isPending = isPending
    }

    /// The answer for a key that the store does not know.
    public static let unknown = KeyLookup(record: nil, isPending: false)
}

/// One timeline item with the record of its key.
public struct TimelineItem: Sendable, Equatable {
    /// The pending schedule.
    public var schedule: Schedule
    /// The key record, read together with the item. It may be `nil`, which never stops a delivery.
    public var record: KeyRecord?

    /// An item from its parts.
    public init(schedule: Schedule, record: KeyRecord?) {
        self.schedule = schedule
        self.record = record
    }
}

/// A consecutive part of a partition's timeline, in position order.
public struct TimelinePage: Sendable, Equatable {
    /// The items, in position order.
    public var items: [TimelineItem]
    /// Whether the requested range has been read to its end. If `false`, there may be more items after the last one of
    /// this page; such a page is never empty.
    public var reachedEnd: Bool

    /// A page from its parts.
    public init(items: [TimelineItem], reachedEnd: Bool) {
        self.items = items
        self.reachedEnd = reachedEnd
    }
}

/// A record of an intake partition that identifies its log among the logs of that name.
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

    /// The mark of a log that was read from its beginning and held no request. The committed part of such a log holds
    /// only aborted transactions and the markers that end transactions.
    public static let nothing = LogMark(offset: -1, timestamp: 0, hash: 0)

    /// Whether the mark describes a record.
    public var isRecord: Bool { offset >= 0 }
}

/// How far the owner of a partition has read, and in which log. The next owner starts from there.
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
    /// Kafka's own offset to be read next after a restart; `nil` before the first commit.
    public var committedOffset: Int64?
    /// The log that the offsets belong to: 0 for the first, and one more for each new log that was found.
    public var generation: Int64
    /// The mark of that log; `nil` while nothing has been read of this generation.
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
/// A call either does all of its work durably, or throws. After a throw, any part of the work may have been done. The
/// store itself retries for a bounded time (seconds) if that can help; after that the owner repeats the call. Calls for
/// different partitions are independent and may run concurrently. Calls for one partition may run concurrently if they
/// name different keys, which the owner ensures.
public protocol ScheduleStore: Sendable {
    /// Applies `changes` durably. No key occurs twice in them.
    func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError)

    /// Reads consistently what the store knows of each key, in the order of `keys`. No key occurs twice.
    func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup]

    /// The timeline after `position`, up to and including every schedule that is due at `end`; at most `limit` (> 0)
    /// items.
    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage

    /// Writes the progress record of a partition, unless the stored one has a later generation. A previous owner may
    /// write late, and its record says nothing about the log that came after.
    ///
    /// - Returns: whether the record was written.
    @discardableResult
    func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool

    /// The progress records of all partitions, by partition.
    func progress() async throws(ScheduleStoreError) -> [PartitionProgress]
}

/// A failed call to the store.
public struct ScheduleStoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: String, Sendable {
        /// The store could not be reached, timed out, throttled or failed: the same call may succeed later.
        case unavailable
        /// The store refuses the call and will refuse it again: wrong credentials, a missing table, or damaged data.
        case refused
        /// The store serves one process at a time, and another one has it.
        case inUse
    }

    /// What kind of failure it was.
    public var code: Code
    /// One sentence for operators, without payload, key or credential.
    public var message: String

    /// An error from its parts.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message; safe to log.
    public var description: String { "\(code.rawValue): \(message)" }
}
