/// An accepted create: one payload, for one target, at one time. Immutable.
///
/// A class rather than a struct: a schedule is handed from the decoder to the wheel, the store and the producer, and
/// one reference count moves it where a struct would touch one for each of its strings.
public final class Schedule: Sendable {
    /// The identity the client gave it.
    public let key: ScheduleKey
    /// When it is due, and where it stands in the intake partition.
    public let position: Position
    /// The key of the delivered record, 1 to 1024 bytes of UTF-8.
    public let orderingKey: String
    /// Where it goes.
    public let target: DeliveryTarget
    /// The delivered value; `nil` is delivered as null.
    public let payload: [UInt8]?
    /// The request's own headers, carried to the delivered record.
    public let headers: RecordHeaders

    /// A schedule from its parts, which the decoder has checked.
    public init(
        key: ScheduleKey,
        position: Position,
        orderingKey: String,
        target: DeliveryTarget,
        payload: [UInt8]?,
        headers: RecordHeaders
    ) {
        self.key = key
        self.position = position
        self.orderingKey = orderingKey
        self.target = target
        self.payload = payload
        self.headers = headers
    }
}

extension Schedule: Equatable {
    /// Equal when every part is.
    public static func == (left: Schedule, right: Schedule) -> Bool {
        left === right
            || left.key == right.key && left.position == right.position && left.orderingKey == right.orderingKey
                && left.target == right.target && left.payload == right.payload && left.headers == right.headers
    }
}
