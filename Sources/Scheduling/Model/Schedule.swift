/// An accepted create: one payload, for one target, at one time. Immutable.
///
/// A class rather than a struct. A schedule goes from the decoder to the wheel, the store and the producer; a class
/// moves with one reference count, a struct with one for each of its strings.
public final class Schedule: Sendable {
    /// The identity the client gave it.
    public let key: ScheduleKey
    /// When it is due, and its place in the intake partition. For a retry: when the next attempt is due, with the
    /// offset of the create.
    public let position: Position
    /// The key of the delivered record, 1 to 1024 bytes of UTF-8.
    public let orderingKey: String
    /// Where it goes.
    public let target: DeliveryTarget
    /// The delivered value; `nil` is delivered as null.
    public let payload: [UInt8]?
    /// The request's own headers, carried to the delivered record.
    public let headers: RecordHeaders
    /// Its history of attempts; `nil` before the first has ended.
    public let retry: Retry?

    /// A schedule from its parts, which the decoder has checked.
    public init(
        key: ScheduleKey,
        position: Position,
        orderingKey: String,
        target: DeliveryTarget,
        payload: [UInt8]?,
        headers: RecordHeaders,
        retry: Retry? = nil
    ) {
        self.key = key
        self.position = position
        self.orderingKey = orderingKey
        self.target = target
        self.payload = payload
        self.headers = headers
        self.retry = retry
    }

    /// The schedule time that its create asked for.
    public var scheduleTime: EpochMilliseconds { retry?.scheduleTime ?? position.time }

    /// The number of the attempt to be made, from 1.
    public var attempt: Int32 { retry?.attempt ?? 1 }

    /// The position of its create, which never changes.
    public var origin: Position { Position(time: scheduleTime, offset: position.offset) }

    /// The same schedule, due again at `time`.
    public func again(at time: EpochMilliseconds, retry: Retry) -> Schedule {
        Schedule(
            key: key,
            position: Position(time: time, offset: position.offset),
            orderingKey: orderingKey,
            target: target,
            payload: payload,
            headers: headers,
            retry: retry
        )
    }
}

extension Schedule: Equatable {
    /// Equal when every part is.
    public static func == (left: Schedule, right: Schedule) -> Bool {
        left === right
            || left.key == right.key && left.position == right.position && left.orderingKey == right.orderingKey
                && left.target == right.target && left.payload == right.payload && left.headers == right.headers
                && left.retry == right.retry
    }
}
