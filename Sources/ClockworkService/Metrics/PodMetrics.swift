internal import CoreMetrics
internal import PrometheusMetrics
internal import Scheduling

/// The metrics of a pod. Belongs to the `GroupMember` and is used on the pod's event loop only.
struct PodMetrics {
    /// The state of a pod's owners, added up.
    struct OwnerState {
        var counters = SchedulerCounters()
        var owned = 0
        var paused = 0
        var resident = 0
        var unsettled = 0
        var inFlight = 0
        var bytes = 0
    }

    /// A change of the pod's partitions.
    enum Rebalance: String, CaseIterable {
        case assigned, revoked, lost
    }

    private let factory: any MetricsFactory

    private let creates: Counter
    private let replaces: Counter
    private let duplicates: Counter
    private let cancels: Counter
    private let emptyCancels: Counter
    private let rejected: Counter
    /// The part of the schedulers' counts that has been published.
    private var published = SchedulerCounters()

    private let owned: Gauge
    private let paused: Gauge
    private let resident: Gauge
    private let unsettled: Gauge
    private let inFlight: Gauge
    private let bytes: Gauge

    private let rebalances: [Rebalance: Counter]
    private var lagOfPartition: [Int32: LagGauges] = [:]

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        creates = Metric.requests.counter(factory, "create", "accepted")
        replaces = Metric.requests.counter(factory, "replace", "applied")
        duplicates = Metric.requests.counter(factory, "duplicate", "dropped")
        cancels = Metric.requests.counter(factory, "cancel", "applied")
        emptyCancels = Metric.requests.counter(factory, "cancel", "nothing_pending")
        rejected = Metric.requests.counter(factory, "invalid", "rejected")
        owned = Metric.ownedPartitions.gauge(factory)
        paused = Metric.pausedPartitions.gauge(factory)
        resident = Metric.residentSchedules.gauge(factory)
        unsettled = Metric.unsettledOffsets.gauge(factory)
        inFlight = Metric.deliveriesInFlight.gauge(factory)
        bytes = Metric.scheduleBytes.gauge(factory)
        rebalances = Dictionary(
            uniqueKeysWithValues: Rebalance.allCases.map { kind in
                (kind, Metric.rebalances.counter(factory, kind.rawValue))
            }
        )
    }

    /// Publishes the state of the owners.
    mutating func publish(_ state: OwnerState) {
        let new = state.counters
        Self.publish(new.created - published.created, creates)
        Self.publish(new.replaced - published.replaced, replaces)
        Self.publish(new.duplicates - published.duplicates, duplicates)
        Self.publish(new.cancelled - published.cancelled, cancels)
        Self.publish(new.cancelledNothing - published.cancelledNothing, emptyCancels)
        Self.publish(new.rejected - published.rejected, rejected)
        published = new
        owned.record(state.owned)
        paused.record(state.paused)
        resident.record(state.resident)
        unsettled.record(state.unsettled)
        inFlight.record(state.inFlight)
        bytes.record(state.bytes)
    }

    private static func publish(_ count: Int, _ counter: Counter) {
        if count > 0 { counter.increment(by: count) }
    }

    /// The partitions of the pod have changed.
    func rebalanced(_ kind: Rebalance) {
        rebalances[kind]?.increment()
    }

    /// The number of unread records of an owned partition is known.
    mutating func lags(_ partition: Int32, by lag: IntakeLag.Measure) {
        let gauges =
            lagOfPartition[partition]
            ?? LagGauges(
                readable: Metric.intakeLag.gauge(factory, String(partition)),
                heldBack: Metric.heldBack.gauge(factory, String(partition))
            )
        lagOfPartition[partition] = gauges
        gauges.readable.record(lag.readable)
        gauges.heldBack.record(lag.heldBack)
    }

    /// The pod no longer has the partition.
    mutating func forget(_ partition: Int32) {
        guard let gauges = lagOfPartition.removeValue(forKey: partition) else { return }
        gauges.readable.destroy()
        gauges.heldBack.destroy()
    }

    /// How far one partition is behind.
    private struct LagGauges {
        var readable: Gauge
        var heldBack: Gauge
    }
}
