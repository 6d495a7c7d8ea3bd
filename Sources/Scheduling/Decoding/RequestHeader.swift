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

    /// The target as the `delivery` object of the structured form, for what the two above cannot say.
    static let delivery: StaticString = "clockwork-delivery"
    /// What each delivered record begins with of Clockwork's own headers; `copiedCount` of them that are request headers,
    /// too, come right behind it.
    static let id: StaticString = "clockwork-id"
    static let copiedCount = 3

    /// Whether it is a header that Clockwork adds to what it produces and that says nothing in a request: a dead letter may
    /// be sent again as it is, and again.
    static func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
        name.isEqual(to: id) || name.isEqual(to: "clockwork-error") || name.isEqual(to: "clockwork-error-detail")
            || name.isEqual(to: "clockwork-source")
    }

    private static func isOfRequests(_ name: UnsafeRawBufferPointer) -> Bool {
        name.isEqual(to: scheduleTime) || name.isEqual(to: clientID) || name.isEqual(to: scheduleKey)
            || name.isEqual(to: topic) || name.isEqual(to: orderingKey) || name.isEqual(to: action)
            || name.isEqual(to: url) || name.isEqual(to: delivery)
    }

    /// What is wrong with a header that `unknown` finds.
    static let unknownMessage = "is not a header of requests; their names are in lower case"

    /// The name of the first header that begins as Clockwork's own do, in whatever letter case, and is none of them: it is
    /// misspelt, and what it was to say would be missed.
    static func unknown(_ headers: [HeaderView]) -> UnsafeRawBufferPointer? {
        headers.first { header in
            guard let first = header.name.first, first | 0x20 == UInt8(ascii: "c") else { return false }
            guard header.name.count >= reservedPrefix.utf8CodeUnitCount else { return false }
            let isReserved = zip(header.name, reservedPrefix.bytes).allSatisfy { byte, expected in
                byte == expected || byte | 0x20 == expected && byte >= UInt8(ascii: "A")
            }
            return isReserved && !isOfRequests(header.name) && !isOwn(header.name)
        }?.name
    }

    /// What the headers of a record say about its form.
    enum Form {
        case structured
        case binary
        /// The schedule time came with all other headers of a delivered record, and there is no target: structured, if the
        /// value is.
        case structuredWithCopies
    }

    /// The form of a request with these headers.
    static func form(_ headers: [HeaderView]) -> Form {
        var hasTime = false
        var hasID = false
        var hasClient = false
        var hasKey = false
        var hasTarget = false
        for header in headers where header.name.starts(with: reservedPrefix) {
            let name = header.name
            if name.isEqual(to: action) { return .binary }
            hasTime = hasTime || name.isEqual(to: scheduleTime)
            hasID = hasID || name.isEqual(to: id)
            hasClient = hasClient || name.isEqual(to: clientID)
            hasKey = hasKey || name.isEqual(to: scheduleKey)
            hasTarget = hasTarget || name.isEqual(to: topic) || name.isEqual(to: url) || name.isEqual(to: delivery)
        }
        guard hasTime else { return .structured }
        return hasID && hasClient && hasKey && !hasTarget ? .structuredWithCopies : .binary
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
