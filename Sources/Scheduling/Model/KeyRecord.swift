/// The store's memory of the latest request for a schedule key, kept after the schedule itself is gone.
public struct KeyRecord: Hashable, Sendable {
    /// The outcome of the latest create.
    public enum State: String, Hashable, Sendable {
        /// Pending while its timeline item exists, delivered once it does not.
        case latest = "LATEST"
        /// Cancelled before it was delivered.
        case cancelled = "CANCELLED"
        /// Its delivery failed for good; it went to the dead-letter topic.
        case failed = "FAILED"
    }

    /// The outcome of the latest create.
    public var state: State
    /// The intake partition of the latest create.
    public var partition: Int32
    /// The position of the latest create, or where its next attempt is due.
    public var position: Position
    /// The intake offset of the latest request that changed the key: the create's own, or the cancel's.
    public var requestOffset: Int64
    /// The ordering key of the latest create.
    public var orderingKey: String
    /// The target of the latest create.
    public var target: DeliveryTarget
    /// The latest create's history of attempts; `nil` before the first has ended.
    public var retry: Retry?

    /// A record from its parts.
    public init(
        state: State,
        partition: Int32,
        position: Position,
        requestOffset: Int64,
        orderingKey: String,
        target: DeliveryTarget,
        retry: Retry? = nil
    ) {
        self.state = state
        self.partition = partition
        self.position = position
        self.requestOffset = requestOffset
        self.orderingKey = orderingKey
        self.target = target
        self.retry = retry
    }

    /// The schedule time that the latest create asked for.
    public var scheduleTime: EpochMilliseconds { retry?.scheduleTime ?? position.time }
}
