/// The bounds of one partition (design rule "Bounded").
public struct SchedulerLimits: Sendable {
    /// How far ahead of now the wheel is filled, in milliseconds.
    public var horizonMilliseconds: Int64 = 600_000
    /// Schedules in the wheel. Past it the farthest are left to the store, which has them.
    public var maxResident = 100_000
    /// Payload and header bytes of the schedules in the wheel; past it, too, the farthest are left to the store. The
    /// intake is paused when everything in memory, on its way to the store or in delivery weighs twice as much.
    public var maxResidentBytes = 64 << 20
    /// Intake offsets read but not settled. The intake is paused at this number and resumed at half of it.
    public var maxUnsettled = 20_000
    /// Offsets read that cannot be committed, because a lower one is unsettled. The intake is paused at this number and
    /// resumed at half of it.
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
    /// How long an owner reads the intake before it fires anyway, in milliseconds. In this time a connection that does
    /// not answer can be given up, and so can the next one. A wall clock may be stepped, so the caller measures the
    /// time by another clock, and calls `catchUpDelayed`.
    public var catchUpMilliseconds: Int64 = 30_000

    /// The defaults above.
    public init() {}
}
