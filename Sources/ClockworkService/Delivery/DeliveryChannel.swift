internal import Runtime
internal import Scheduling

/// A destination of due schedules: topics or URLs. The pod owns one channel of each kind and treats both alike.
///
/// A channel is used on the pod's event loop only. Pauses, deadlines and drains in it are measured by uptime. The wall
/// clock decides only the time to which a schedule is put off.
protocol DeliveryChannel: AnyObject {
    /// An owner may send from now on.
    func begin(owner: UInt32)

    /// An owner drains: schedules not begun are handed back, those in flight have a moment to end.
    func drain(owner: UInt32, now: Moment)

    /// An owner is gone. Its rest is given up: the partition's next owner does it again.
    func end(owner: UInt32)

    /// Delivers a schedule; `takeOutcome` reports the outcome, after any delay.
    func send(_ delivery: Delivery, of sender: Sender, now: Moment)

    /// Takes the answers that have arrived. Called before the clocks are read for `takeOutcome`, so that nothing counts
    /// from a time before its answer came.
    func collect()

    /// The outcomes of deliveries since the last call. Begins the calls whose turn it is, if the pod is sure of its
    /// place.
    func takeOutcome(now: Moment) -> DeliveryOutcome

    /// When `takeOutcome` has something to do without anything arriving; `nil` for never.
    var wakeAt: Uptime? { get }

    /// Publishes the counts since the last call.
    func publishMetrics()

    /// Gives up everything in flight.
    func close()
}

extension DeliveryChannel {
    func collect() {}
}

/// The owner of a delivery.
struct Sender: Hashable {
    /// The number of the ownership.
    var owner: UInt32
    /// Its intake partition.
    var partition: Int32
}

/// Outcomes of deliveries and dead letters, by the number of their owner, in the order in which they became known.
struct DeliveryOutcome {
    /// Tokens of deliveries that their targets have acknowledged.
    var delivered: [UInt32: [UInt32]] = [:]
    /// Deliveries that failed for good.
    var failed: [UInt32: [(token: UInt32, failure: DeliveryFailure)]] = [:]
    /// Deliveries to be handed out again at a later time.
    var putOff: [UInt32: [Postponement]] = [:]
    /// Tokens of failed deliveries whose dead letters are in their topic.
    var deadLettered: [UInt32: [UInt32]] = [:]
    /// Log offsets of rejected requests whose dead letters are in their topic.
    var rejectionsDeadLettered: [UInt32: [Int64]] = [:]

    var isEmpty: Bool {
        delivered.isEmpty && failed.isEmpty && putOff.isEmpty && deadLettered.isEmpty && rejectionsDeadLettered.isEmpty
    }
}
