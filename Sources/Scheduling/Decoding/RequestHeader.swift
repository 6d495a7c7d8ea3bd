/// The headers that make a request in binary form, and those that are carried.
enum RequestHeader {
    /// What Clockwork's own headers start with; everything else is carried to the delivered record.
    static let reservedPrefix: StaticString = "clockwork-"
    static let action: StaticString = "clockwork-action"
    static let scheduleTime: StaticString = "clockwork-schedule-time"
    static let clientID: StaticString = "clockwork-client-id"
    static let scheduleKey: StaticString = "clockwork-schedule-key"
    static let orderingKey: StaticString = "clockwork-ordering-key"
    static let topic: StaticString = "clockwork-delivery-topic"
    static let url: StaticString = "clockwork-delivery-url"

    /// Whether a record with these headers is a request in binary form.
    static func isBinaryForm(_ headers: [HeaderView]) -> Bool {
        headers.contains { $0.name.isEqual(to: scheduleTime) || $0.name.isEqual(to: action) }
    }

    /// How many bytes the carried headers have as they are kept, so that many small ones cannot outgrow a store's item.
    static func carriedBytes(_ headers: [HeaderView]) -> Int {
        var bytes = 0
        for header in headers where !header.name.starts(with: reservedPrefix) {
            bytes += RecordHeaders.packedBytes(name: header.name, value: header.value)
        }
        return bytes
    }

    /// The carried headers, in order.
    static func carried(_ headers: [HeaderView]) -> RecordHeaders {
        var carried = RecordHeaders()
        for header in headers where !header.name.starts(with: reservedPrefix) {
            carried.append(name: header.name, value: header.value)
        }
        return carried
    }
}
