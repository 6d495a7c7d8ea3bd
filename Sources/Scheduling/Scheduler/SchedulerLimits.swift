/// The bounds of one partition (design rule "Bounded").
public struct SchedulerLimits: Sendable {
    /// How far ahead of now the wheel is filled, in milliseconds.
    public var horizonMilliseconds: Int64 = 600_000
    /// Schedules in the wheel. Past it the farthest are let go again; the store has them.
    public var maxResident = 100_000
    /// Payload and header bytes of the schedules in the wheel; past it the farthest are let go as well. The intake is
    /// paused when all that is in memory, on its way to the store or in delivery weighs twice as much.
    public var maxResidentBytes = 64 << 20
    /// Intake offsets read but not settled. At this number the intake is paused, at half of it resumed.
    public var maxUnsettled = 20_000
    /// Offsets read but not to be committed, because one below them is unsettled. At this number the intake is paused,
    /// at half of it resumed.
    public var maxUncommitted = 1_000_000
    /// Deliveries to topics handed to the producer and not yet acknowledged.
    public var maxDeliveriesInFlight = 10_000
    /// Store calls that write, in flight at once.
    public var maxStoreCallsInFlight = 4
    /// Key changes in one store call.
    public var maxChangesPerCall = 500
    /// Look-ups in flight at once.
    public var maxLookUpsInFlight = 4
    /// Keys in one look-up.
    public var maxKeysPerLookUp = 500
    /// Timeline items in one page.
    public var pageSize = 5_000
    /// How long an owner reads the intake before it starts to fire anyway, in milliseconds: more than it takes to give up
    /// a connection that does not answer, and the next one. A wall clock may be stepped, so whoever runs the scheduler
    /// measures it by another one, and calls `catchUpDelayed`.
    public var catchUpMilliseconds: Int64 = 30_000

    /// The defaults above.
    public init() {}
}
