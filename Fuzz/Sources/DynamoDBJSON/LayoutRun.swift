import DynamoDB
import FuzzSupport
import Scheduling

@testable import ScheduleStores

/// Items of the tables, damaged in any way, and what is made of them.
enum LayoutRun {
    /// What can be read of an item can be written and read again.
    static func item(_ item: Item) {
        if let schedule = ItemLayout.schedule(item) {
            require(ItemLayout.schedule(ItemLayout.item(schedule, partition: 3)) == schedule, "a schedule comes back")
            var headers = RecordHeaders()
            schedule.headers.forEach { headers.append(name: $0, value: $1) }
            require(headers == schedule.headers, "headers come back")
        }
        if let (record, expiry) = ItemLayout.record(item) {
            let key = ScheduleKey(clientID: "c#%", scheduleKey: "k")
            let again = ItemLayout.record(ItemLayout.item(record, key: key, expirySeconds: expiry))
            require(again?.record == record && again?.expirySeconds == expiry, "a key record comes back")
            let now = EpochMilliseconds(rawValue: 1_700_000_000_000)
            _ = KeyRetention.isExpired(expirySeconds: expiry, now: now)
            _ = KeyRetention(.seconds(86_400)).expirySeconds(of: record, now: now)
        }
        if let progress = ItemLayout.progress(item) {
            require(ItemLayout.progress(ItemLayout.item(progress)) == progress, "a progress record comes back")
        }
    }

    /// A number that is a position is written as one, and its order is that of the positions.
    static func number(_ text: String) {
        guard let position = TimelineNumber.position(text) else { return }
        require(TimelineNumber.position(TimelineNumber.text(position)) == position, "a position comes back")
        guard position.offset < .max else { return }
        let next = TimelineNumber.position(TimelineNumber.text(after: position))
        require(next == Position(time: position.time, offset: position.offset + 1), "the next position follows")
    }

    /// A timeline item whose parts are made up one by one.
    static func parts(_ input: inout FuzzInput) {
        var made: Item = ["partitionId": .string("3")]
        let names = ["client", "key", "orderingKey", "target", "state", "owner"]
        for name in names { made[name] = input.takeShortOrNull().map { .string(String(decoding: $0, as: UTF8.self)) } }
        for name in ["scheduleTime", "position", "requestOffset", "partition", "ttl", "epoch", "updatedAt"] {
            made[name] = input.takeShortOrNull().map { .number(String(decoding: $0, as: UTF8.self)) }
        }
        made["payload"] = input.takeShortOrNull().map { .binary($0) }
        made["headers"] = .binary(input.takeRest())
        item(made)
    }
}
