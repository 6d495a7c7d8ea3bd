internal import Runtime
internal import Scheduling

/// Where due schedules go: to topics or to URLs. The pod owns one channel of each kind and treats both alike.
///
/// A channel is used on the pod's event loop only. Pauses, deadlines and drains in it are measured by uptime; the wall
/// clock decides nothing here but the time to which a schedule is put off.
protocol DeliveryChannel: AnyObject {
    /// An owner may send from now on.
    func begin(owner: UInt32)

    /// An owner drains: what has not been begun is handed back, what is in flight has a moment to end.
    func drain(owner: UInt32, now: Moment)

    /// An owner is gone. What is left of it is given up: the partition's next owner does it again.
    func end(owner: UInt32)

    /// Delivers a schedule; `takeOutcome` says what became of it, after any delay.
    func send(_ delivery: Delivery, of sender: Sender, now: Moment)

    /// What became of deliveries since the last call. Begins what has its turn, if the pod is sure of its place.
    func takeOutcome(now: Moment) -> DeliveryOutcome

    /// When `takeOutcome` has something to do without anything arriving; `nil` for never.
    var wakeAt: Uptime? { get }

    /// Makes visible what was counted since the last call.
    func publishMetrics()

    /// Gives up whatever is in flight.
    func close()
}

/// Whose a delivery is.
struct Sender: Hashable {
    /// The number of the ownership.
    var owner: UInt32
    /// Its intake partition.
    var partition: Int32
}

/// What became of deliveries and dead letters, by the number of their owner, in the order in which it became known.
struct DeliveryOutcome {
    /// Tokens of deliveries that their targets have acknowledged.
    var delivered: [UInt32: [UInt32]] = [:]
    /// Deliveries that can never succeed.
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
