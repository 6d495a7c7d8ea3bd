public import DynamoDB
public import Logging
public import Scheduling

/// Keeps schedules in DynamoDB.
///
/// An item may be unreadable, because another program or a later version wrote it. Such an item does not stop its
/// partition: it is skipped, left in the table, and reported at error level with its partition and position.
public final class DynamoDBScheduleStore: ScheduleStore {
    /// The names of the tables, and times.
    public struct Configuration: Sendable {
        /// The table of timeline items and key records.
        public var scheduleTable = "schedules"
        /// The table of progress records.
        public var progressTable = "partitionExecutions"
        /// How long a key record is kept after its schedule time or after its writing, whichever is later.
        public var keyRetention: Duration = .seconds(7 * 86_400)
        /// How long one call may take, retries included.
        public var callTimeout: Duration = .seconds(10)

        /// The defaults above.
        public init() {}
    }

    let client: DynamoDBClient
    let configuration: Configuration
    private let logger: Logger
    private let now: @Sendable () -> EpochMilliseconds

    /// A store over a client.
    ///
    /// - Parameters:
    ///   - client: calls DynamoDB.
    ///   - configuration: the names of the tables, and times.
    ///   - logger: takes a line for each item that cannot be read.
    ///   - now: the wall clock, which is used only for the expiry of key records.
    public init(
        client: DynamoDBClient,
        configuration: Configuration,
        logger: Logger,
        now: @escaping @Sendable () -> EpochMilliseconds
    ) {
        self.client = client
        self.configuration = configuration
        self.logger = logger
        self.now = now
    }

    /// Writes timeline items, then key records, then deletes.
    ///
    /// So after a failure at any point, no key record names a schedule that was not written. Such a schedule would look
    /// as if it had been delivered.
    public func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        let now = now()
        let retention = KeyRetention(configuration.keyRetention)
        // A batch must not contain two writes of one item, so each position is written once.
        var puts: [Position: Item] = [:]
        var records: [BatchWrite] = []
        var deletes: Set<Position> = []
        for change in changes {
            if let schedule = change.put {
                let item = ItemLayout.item(schedule, partition: partition)
                let size = item.sizeInBytes
                guard size <= Item.maximumBytes else {
                    let message = "A schedule needs an item of \(size) bytes; DynamoDB takes \(Item.maximumBytes)."
                    throw ScheduleStoreError(code: .refused, message: message)
                }
                puts[schedule.position] = item
            }
            if let record = change.record {
                let expirySeconds = retention.expirySeconds(of: record, now: now)
                records.append(.put(ItemLayout.item(record, key: change.key, expirySeconds: expirySeconds)))
            }
            deletes.formUnion(change.deletes)
        }

        let deadline = deadline()
        let deleteWrites = deletes.map {
            BatchWrite.delete(key: ItemLayout.timelineKey(partition: partition, position: $0))
        }
        for writes in [puts.values.map(BatchWrite.put), records, deleteWrites] where !writes.isEmpty {
            do {
                try await client.batchWrite(writes, table: configuration.scheduleTable, deadline: deadline)
            } catch {
                throw ScheduleStoreError(error)
            }
        }
    }

    /// Reads the key records, then the timeline items that they name.
    public func lookUp(
        _ keys: [ScheduleKey],
        partition: Int32
    ) async throws(ScheduleStoreError) -> [KeyLookup] {
        let deadline = deadline()
        let hashes = keys.map(ItemLayout.recordHash)
        let records = try await readRecords(hashes, deadline: deadline)
        let found = hashes.map { records[Array($0.utf8)] }

        let places = Set(found.compactMap { $0.flatMap { $0.state == .latest ? Place($0) : nil } })
        let items: [Item]
        do {
            items = try await client.batchGet(
                places.map { ItemLayout.timelineKey(partition: $0.partition, position: $0.position) },
                attributes: [ItemLayout.Name.hash, ItemLayout.Name.range],
                table: configuration.scheduleTable,
                deadline: deadline
            )
        } catch {
            throw ScheduleStoreError(error)
        }
        let pending = Set(items.compactMap(Place.init(item:)))
        return found.map { record in
            KeyLookup(
                record: record,
                isPending: record.map { $0.state == .latest && pending.contains(Place($0)) } ?? false
            )
        }
    }

    /// Reads a part of the timeline, then the records of its keys.
    public func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        guard position < Position.end(of: end) else { return TimelinePage(items: [], reachedEnd: true) }
        let deadline = deadline()
        let query = RangeQuery(
            table: configuration.scheduleTable,
            hash: Item.Attribute(name: ItemLayout.Name.hash, value: .string(String(partition))),
            range: ItemLayout.Name.range,
            lower: .number(TimelineNumber.text(after: position)),
            upper: .number(TimelineNumber.text(Position.end(of: end)))
        )
        var schedules: [Schedule] = []
        var budget = PageBudget()
        var next: Item?
        repeat {
            let page: ItemPage
            do {
                page = try await client.query(
                    query,
                    startingAfter: next,
                    limit: limit - schedules.count,
                    deadline: deadline
                )
            } catch {
                throw ScheduleStoreError(error)
            }
            for item in page.items {
                if let schedule = ItemLayout.schedule(item) {
                    schedules.append(schedule)
                    budget.spend(schedule)
                } else {
                    report("A timeline item cannot be read and is passed over", item)
                }
            }
            next = page.next
        } while next != nil && schedules.count < limit && !budget.isSpent

        let hashes = schedules.map { ItemLayout.recordHash($0.key) }
        let records = try await readRecords(hashes, deadline: deadline)
        let items = zip(schedules, hashes).map { schedule, hash in
            TimelineItem(schedule: schedule, record: records[Array(hash.utf8)])
        }
        return TimelinePage(items: items, reachedEnd: next == nil)
    }

    /// Writes the progress record of a partition, unless the stored one has a later generation.
    @discardableResult
    public func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        do {
            return try await client.put(
                ItemLayout.item(progress),
                table: configuration.progressTable,
                unlessGreater: ItemLayout.generation(progress),
                deadline: deadline()
            )
        } catch {
            throw ScheduleStoreError(error)
        }
    }

    /// The progress records of all partitions, by partition.
    public func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        let deadline = deadline()
        var records: [PartitionProgress] = []
        var next: Item?
        repeat {
            let page: ItemPage
            do {
                page = try await client.scan(
                    table: configuration.progressTable,
                    startingAfter: next,
                    deadline: deadline
                )
            } catch {
                throw ScheduleStoreError(error)
            }
            for item in page.items {
                if let record = ItemLayout.progress(item) {
                    records.append(record)
                } else {
                    report("A progress record cannot be read and is passed over", item)
                }
            }
            next = page.next
        } while next != nil
        return records.sorted { $0.partition < $1.partition }
    }

    /// Reads the key records with the given hash keys, except expired ones. The result is keyed by the bytes of the
    /// hash key, because strings that Unicode considers equal are different keys here. A hash key may occur more than
    /// once.
    private func readRecords(
        _ hashes: [String],
        deadline: ContinuousClock.Instant
    ) async throws(ScheduleStoreError) -> [[UInt8]: KeyRecord] {
        var unique: Set<[UInt8]> = []
        let keys = hashes.filter { unique.insert(Array($0.utf8)).inserted }.map(ItemLayout.recordKey)
        let items: [Item]
        do {
            items = try await client.batchGet(keys, table: configuration.scheduleTable, deadline: deadline)
        } catch {
            throw ScheduleStoreError(error)
        }
        let now = now()
        var records: [[UInt8]: KeyRecord] = [:]
        for item in items {
            guard let hash = item.string(ItemLayout.Name.hash), let found = ItemLayout.record(item) else {
                report("A key record cannot be read and counts as missing", item)
                continue
            }
            // DynamoDB deletes an expired item within days, not at once.
            if KeyRetention.isExpired(expirySeconds: found.expirySeconds, now: now) { continue }
            records[Array(hash.utf8)] = found.record
        }
        return records
    }

    private func deadline() -> ContinuousClock.Instant {
        ContinuousClock.now + configuration.callTimeout
    }

    private func report(_ message: Logger.Message, _ item: Item) {
        // The hash key of a key record contains the client's key, which must not appear in a log.
        let hash = item.string(ItemLayout.Name.hash).map { $0.hasPrefix("key#") ? "key" : $0 }
        logger.error(
            message,
            metadata: [
                "partition": "\(hash ?? "?")", "position": "\(item.number(ItemLayout.Name.range) ?? "?")",
            ]
        )
    }
}

/// The place of a timeline item.
private struct Place: Hashable {
    let partition: Int32
    let position: Position

    init(_ record: KeyRecord) {
        partition = record.partition
        position = record.position
    }

    init?(item: Item) {
        guard let partition = item.string(ItemLayout.Name.hash).flatMap({ Int32($0) }),
            let position = ItemLayout.position(item)
        else { return nil }
        self.partition = partition
        self.position = position
    }
}

extension ScheduleStoreError {
    /// The error for one of DynamoDB.
    init(_ error: DynamoDBError) {
        let code: Code = error.isRetriable || error.code == .cancelled ? .unavailable : .refused
        let advice = error.code == .tableNotFound ? " `clockwork tables create` creates the tables." : ""
        self.init(code: code, message: "DynamoDB: \(error)\(advice)")
    }
}
