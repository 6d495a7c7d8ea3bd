/// A schedule handed out for delivery.
public struct Delivery: Sendable {
    /// Names the delivery in the report that answers it; unique among the deliveries in flight.
    public var token: UInt32
    /// What to deliver.
    public var schedule: Schedule
    /// Whether it was due when its request was read, so that its schedule time says nothing of how late it is.
    public var wasDueOnArrival: Bool

    /// A delivery from its parts.
    public init(token: UInt32, schedule: Schedule, wasDueOnArrival: Bool = false) {
        self.token = token
        self.schedule = schedule
        self.wasDueOnArrival = wasDueOnArrival
    }
}

/// Why a delivery can never succeed.
public struct DeliveryFailure: Error, Sendable, Equatable {
    /// The code for the dead letter.
    public var code: DeadLetterCode
    /// One sentence naming the cause; no payload in it.
    public var detail: String

    /// A failure from its parts.
    public init(code: DeadLetterCode, detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// A callback that is to be attempted at a later time.
public struct Postponement: Sendable {
    /// The token of its delivery.
    public var token: UInt32
    /// When the next attempt is due. Whoever draws the jitter decides it.
    public var time: EpochMilliseconds
    /// Why the attempt failed, one sentence of at most 256 bytes; `nil` when none was made: then its number stays.
    public var failure: String?

    /// A postponement from its parts.
    public init(token: UInt32, time: EpochMilliseconds, failure: String?) {
        self.token = token
        self.time = time
        self.failure = failure
    }
}

/// What a `PartitionScheduler` asks of the world after an event. Whoever runs it performs all of it, in any order
/// except that `deliver` keeps its own.
public struct Effects: Sendable {
    /// A write to the store; answered by `changesStored`. It is repeated until it succeeds.
    public struct StoreCall: Sendable {
        /// Names the call in its answer.
        public var id: Int
        /// What to apply.
        public var changes: [KeyChange]
    }

    /// A read of keys from the store; answered by `keysLookedUp`, before that by `lookUpDelayed` if it takes long.
    public struct LookUpCall: Sendable {
        /// Names the call in its answer.
        public var id: Int
        /// The keys, each once.
        public var keys: [ScheduleKey]
    }

    /// A read of the timeline; answered by `pageLoaded`. One at a time.
    public struct PageCall: Sendable, Equatable {
        /// The page begins behind this position.
        public var after: Position
        /// It ends with the last schedule due at this time.
        public var through: EpochMilliseconds
        /// The most items it may hold.
        public var limit: Int
    }

    /// A delivery that failed for good and goes to the dead-letter topic; answered by `deliveryDeadLettered`.
    public struct FailedDelivery: Sendable {
        /// The delivery, its token still in use.
        public var delivery: Delivery
        /// Why.
        public var failure: DeliveryFailure
    }

    /// Whether intake records are wanted.
    public enum Intake: Sendable {
        /// Stop reading the partition.
        case pause
        /// Read on.
        case resume
    }

    /// Hand these out in this order; each is answered by `delivered` or `deliveryFailed`, a callback also by
    /// `deliveriesPutOff`.
    public var deliver: [Delivery] = []
    /// Send these to the dead-letter topic.
    public var deadLetter: [FailedDelivery] = []
    /// Apply these to the store.
    public var store: [StoreCall] = []
    /// Ask the store for these keys.
    public var lookUp: [LookUpCall] = []
    /// Read this page of the timeline.
    public var loadPage: PageCall?
    /// Every intake offset below this one is settled: commit it.
    public var commit: Int64?
    /// Pause or resume the intake.
    public var intake: Intake?
    /// The scheduler has nothing in flight any more and has handed out its last effect.
    public var drained = false

    /// Nothing to do.
    public init() {}
}
