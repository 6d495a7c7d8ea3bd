internal import Runtime
internal import Scheduling

/// The callback channel's state for one owner of a partition: the order of its callbacks, and the number in hand.
///
/// A value; time is an argument.
struct CallbackOwner {
    typealias Decision = CallbackOrder<CallbackCall>.Decision

    /// The most callbacks in flight, queued or waiting. Due callbacks past this bound are put off.
    static let maximumCalls = 5_000
    /// How long they are put off, in milliseconds.
    static let pauseWhenFull: Int64 = 1_000
    /// How long a draining owner waits for the calls in flight, in milliseconds; less than the drain itself takes.
    static let drainPatience: Int64 = 3_000

    private enum Phase {
        case running
        /// The calls in flight have until this time to end.
        case draining(until: Uptime)
        /// The calls in flight have been given up.
        case drained
    }

    private var phase = Phase.running
    private var order = CallbackOrder<CallbackCall>()
    /// How many callbacks are in flight, queued or waiting.
    private(set) var callCount = 0
    private var putOffs = PutOffSequence()

    /// When to give up the calls in flight; `nil` before and after a drain.
    var drainEnd: Uptime? {
        if case .draining(let end) = phase { end } else { nil }
    }

    /// Whether it drains or has drained.
    var isDraining: Bool {
        if case .running = phase { false } else { true }
    }

    /// A callback has been handed out. It counts as in hand until it has ended or was put off.
    mutating func handedOut() {
        callCount += 1
    }

    /// A callback has been handed out and is to be attempted.
    mutating func admit(_ call: CallbackCall, now: Moment) -> [Decision] {
        handedOut()
        guard case .running = phase else { return [.putOff(call, to: now.wall)] }
        guard callCount <= Self.maximumCalls else {
            let earliest = now.uptime.advanced(byMilliseconds: Self.pauseWhenFull)
            let time = putOffs.time(for: call.schedule, earliest: earliest, now: now)
            return [.putOff(call, to: time)] + order.putOff(call.schedule, to: time)
        }
        return order.admit(call.schedule, call, now: now.wall)
    }

    /// A callback has succeeded, or failed for good.
    mutating func ended(_ call: CallbackCall) -> [Decision] {
        callCount -= 1
        return order.ended(call.schedule)
    }

    /// An attempt, or the decision to make one, has ended with a put-off.
    mutating func putOff(_ call: CallbackCall, to time: EpochMilliseconds) -> [Decision] {
        callCount -= 1
        return order.putOff(call.schedule, to: time)
    }

    /// The put-off of a decision has been carried out.
    mutating func wasPutOff() {
        callCount -= 1
    }

    /// See `CallbackOrder.outcomeTaken`.
    mutating func outcomeTaken() {
        order.outcomeTaken()
    }

    /// The owner drains: calls that are not in flight are put off, in the order of their creates.
    ///
    /// - Parameter queued: its calls in the queues of hosts.
    mutating func drain(_ queued: [CallbackCall], now: Moment) -> [Decision] {
        phase = .draining(until: now.uptime.advanced(byMilliseconds: Self.drainPatience))
        let calls = (queued + order.removeAll()).sorted { $0.schedule.origin < $1.schedule.origin }
        var putOffs = PutOffSequence()
        return calls.map { .putOff($0, to: putOffs.time(for: $0.schedule, earliest: now.uptime, now: now)) }
    }

    /// The calls in flight have been given up.
    mutating func stopWaiting() {
        phase = .drained
    }
}
