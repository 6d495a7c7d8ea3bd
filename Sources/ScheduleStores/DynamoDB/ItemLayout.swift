internal import DynamoDB
internal import Scheduling

/// The layout of schedules, key records and progress records as items.
///
/// Attribute names count toward an item's size, so they are short but can still be read in a console.
enum ItemLayout {
    static let scheduleKeys = TableKeys(
        hash: TableKeys.Key(name: Name.hash, type: "S"),
        range: TableKeys.Key(name: Name.range, type: "N")
    )
    static let progressKeys = TableKeys(hash: TableKeys.Key(name: Name.hash, type: "S"))

    enum Name {
        static let hash = "partitionId"
        static let range = "scheduleTime"
        static let timeToLive = "ttl"
        static let client = "client"
        static let key = "key"
        static let orderingKey = "orderingKey"
        static let target = "target"
        static let payload = "payload"
        static let headers = "headers"
        static let attempt = "attempt"
        static let createTime = "createTime"
        static let failure = "failure"
        static let state = "state"
        static let partition = "partition"
        static let position = "position"
        static let requestOffset = "requestOffset"
        static let owner = "owner"
        static let epoch = "epoch"
        static let executedUpTo = "executedUpTo"
        static let pendingResident = "pendingResident"
        static let committedOffset = "committedOffset"
        static let updatedAt = "updatedAt"
        static let generation = "generation"
        static let markOffset = "markOffset"
        static let markTimestamp = "markTimestamp"
        static let markHash = "markHash"
    }

    // MARK: Timeline items

    static func timelineKey(partition: Int32, position: Position) -> Item {
        [Name.hash: .string(String(partition)), Name.range: .number(TimelineNumber.text(position))]
    }

    static func item(_ schedule: Schedule, partition: Int32) -> Item {
        var item = timelineKey(partition: partition, position: schedule.position)
        item[Name.client] = .string(schedule.key.clientID)
        item[Name.key] = .string(schedule.key.scheduleKey)
        item[Name.orderingKey] = .string(schedule.orderingKey)
        item[Name.target] = .string(schedule.target.storedText)
        // A null payload has no attribute; an empty payload has an empty one.
        item[Name.payload] = schedule.payload.map { .binary($0) }
        item[Name.headers] = schedule.headers.isEmpty ? nil : .binary(schedule.headers.packed)
        add(schedule.retry, to: &item)
        return item
    }

    static func position(_ item: Item) -> Position? {
        item.number(Name.range).flatMap(TimelineNumber.position)
    }

    /// - Returns: `nil` if the item is damaged.
    static func schedule(_ item: Item) -> Schedule? {
        guard let position = position(item),
            let client = item.string(Name.client),
            let key = item.string(Name.key),
            let orderingKey = item.string(Name.orderingKey),
            let target = item.string(Name.target).flatMap(DeliveryTarget.init(storedText:)),
            let headers = RecordHeaders(packed: item.binary(Name.headers) ?? [])
        else { return nil }
        return Schedule(
            key: ScheduleKey(clientID: client, scheduleKey: key),
            position: position,
            orderingKey: orderingKey,
            target: target,
            payload: item.binary(Name.payload),
            headers: headers,
            retry: retry(item)
        )
    }

    // MARK: What a retry has behind it

    /// Adds the three attributes that only a retry has. Items from before there were retries have none of them.
    private static func add(_ retry: Retry?, to item: inout Item) {
        guard let retry else { return }
        item[Name.attempt] = .number(String(retry.attempt))
        item[Name.createTime] = .number(String(retry.scheduleTime.rawValue))
        item[Name.failure] = .string(retry.failure)
    }

    private static func retry(_ item: Item) -> Retry? {
        guard let attempt = item.number(Name.attempt).flatMap({ Int32($0) }),
            let time = item.number(Name.createTime).flatMap({ Int64($0) })
        else { return nil }
        return Retry(
            scheduleTime: EpochMilliseconds(rawValue: time),
            attempt: attempt,
            failure: item.string(Name.failure) ?? ""
        )
    }

    // MARK: Key records

    /// The hash key of a key record. Inside a part, `#` is encoded, so the two parts cannot be confused.
    static func recordHash(_ key: ScheduleKey) -> String {
        "key#\(percentEncoded(key.clientID))#\(percentEncoded(key.scheduleKey))"
    }

    static func recordKey(hash: String) -> Item {
        [Name.hash: .string(hash), Name.range: .number("0")]
    }

    static func item(_ record: KeyRecord, key: ScheduleKey, expirySeconds: Int64) -> Item {
        var item = recordKey(hash: recordHash(key))
        item[Name.timeToLive] = .number(String(expirySeconds))
        item[Name.state] = .string(record.state.rawValue)
        item[Name.partition] = .number(String(record.partition))
        item[Name.position] = .number(TimelineNumber.text(record.position))
        item[Name.requestOffset] = .number(String(record.requestOffset))
        item[Name.orderingKey] = .string(record.orderingKey)
        item[Name.target] = .string(record.target.storedText)
        add(record.retry, to: &item)
        return item
    }

    /// - Returns: `nil` if the record is damaged.
    static func record(_ item: Item) -> (record: KeyRecord, expirySeconds: Int64)? {
        guard let expirySeconds = item.number(Name.timeToLive).flatMap({ Int64($0) }),
            let state = item.string(Name.state).flatMap(KeyRecord.State.init(rawValue:)),
            let partition = item.number(Name.partition).flatMap({ Int32($0) }),
            let position = item.number(Name.position).flatMap(TimelineNumber.position),
            let requestOffset = item.number(Name.requestOffset).flatMap({ Int64($0) }),
            let orderingKey = item.string(Name.orderingKey),
            let target = item.string(Name.target).flatMap(DeliveryTarget.init(storedText:))
        else { return nil }
        let record = KeyRecord(
            state: state,
            partition: partition,
            position: position,
            requestOffset: requestOffset,
            orderingKey: orderingKey,
            target: target,
            retry: retry(item)
        )
        return (record, expirySeconds)
    }

    private static func percentEncoded(_ part: String) -> String {
        guard part.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "#") }) else { return part }
        var encoded: [UInt8] = []
        for byte in part.utf8 {
            switch byte {
            case UInt8(ascii: "%"): encoded += "%25".utf8
            case UInt8(ascii: "#"): encoded += "%23".utf8
            default: encoded.append(byte)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    // MARK: Progress records

    /// The attribute that says which log a progress record belongs to. A record without it belongs to the first log.
    static func generation(_ progress: PartitionProgress) -> Item.Attribute {
        Item.Attribute(name: Name.generation, value: .number(String(progress.generation)))
    }

    static func item(_ progress: PartitionProgress) -> Item {
        var item: Item = [Name.hash: .string(String(progress.partition))]
        item[Name.owner] = .string(progress.owner)
        item[Name.epoch] = .number(String(progress.epoch))
        item[Name.executedUpTo] = progress.executedUpTo.map { .number(String($0.rawValue)) }
        item[Name.pendingResident] = .number(String(progress.pendingResident))
        item[Name.committedOffset] = progress.committedOffset.map { .number(String($0)) }
        item[Name.updatedAt] = .number(String(progress.updatedAt.rawValue))
        item[Name.generation] = .number(String(progress.generation))
        if let mark = progress.mark {
            item[Name.markOffset] = .number(String(mark.offset))
            item[Name.markTimestamp] = .number(String(mark.timestamp))
            item[Name.markHash] = .number(String(mark.hash))
        }
        return item
    }

    /// - Returns: `nil` if the record is damaged.
    static func progress(_ item: Item) -> PartitionProgress? {
        guard let partition = item.string(Name.hash).flatMap({ Int32($0) }),
            let owner = item.string(Name.owner),
            let epoch = item.number(Name.epoch).flatMap({ Int64($0) }),
            let pendingResident = item.number(Name.pendingResident).flatMap({ Int($0) }),
            let updatedAt = item.number(Name.updatedAt).flatMap({ Int64($0) }),
            // A record from before there was this attribute belongs to the first log. An unreadable attribute is
            // damage: if it were taken for 0, new requests would look older than those in the table.
            let generation = item[Name.generation] == nil ? 0 : item.number(Name.generation).flatMap({ Int64($0) })
        else { return nil }
        return PartitionProgress(
            partition: partition,
            owner: owner,
            epoch: epoch,
            executedUpTo: item.number(Name.executedUpTo).flatMap { Int64($0) }.map(EpochMilliseconds.init(rawValue:)),
            pendingResident: pendingResident,
            committedOffset: item.number(Name.committedOffset).flatMap { Int64($0) },
            generation: generation,
            mark: mark(item),
            updatedAt: EpochMilliseconds(rawValue: updatedAt)
        )
    }

    private static func mark(_ item: Item) -> LogMark? {
        guard let offset = item.number(Name.markOffset).flatMap({ Int64($0) }),
            let timestamp = item.number(Name.markTimestamp).flatMap({ Int64($0) }),
            let hash = item.number(Name.markHash).flatMap({ UInt64($0) })
        else { return nil }
        return LogMark(offset: offset, timestamp: timestamp, hash: hash)
    }
}
