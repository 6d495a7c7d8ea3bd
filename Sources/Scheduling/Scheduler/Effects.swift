/// The work that a `PartitionScheduler` requests after an event. The caller performs all of it, in any order, except
/// that `deliver` keeps its own.
public struct Effects: Sendable {
    /// A write to the store; answered by `changesStored`. It is repeated until it succeeds.
    public struct StoreCall: Sendable {
        /// Identifies the call in its answer.
        public var id: Int
        /// What to apply.
        public var changes: [KeyChange]
    }

    /// A read of keys from the store; answered by `keysLookedUp`, and before that by `lookUpDelayed` if it takes long.
    public struct LookUpCall: Sendable {
        /// Identifies the call in its answer.
        public var id: Int
        /// The keys, each once.
        public var keys: [ScheduleKey]
    }

    /// A read of the timeline; answered by `pageLoaded`. One at a time.
    public struct PageCall: Sendable, Equatable {
        /// The page begins after this position.
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
        /// Continue reading.
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
    /// The scheduler has nothing left in flight and has handed out its last effect.
    public var drained = false

    /// Nothing to do.
    public init() {}
}
