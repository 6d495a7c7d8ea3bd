internal import Runtime
internal import Scheduling

/// What the callback channel keeps for one owner of a partition: the order of its callbacks, and how many it has in hand.
///
/// A value; time is an argument.
struct CallbackOwner {
    typealias Decision = CallbackOrder<CallbackCall>.Decision

    /// The most callbacks that are in flight, queued or waiting. What is due past them is put off.
    static let maximumCalls = 5_000
    /// How long it is put off, in milliseconds.
    static let pauseWhenFull: Int64 = 1_000
    /// How long an owner that drains waits for the calls in flight, in milliseconds: less than the drain itself takes.
    static let drainPatience: Int64 = 3_000

    private enum Phase {
        case running
        /// The calls in flight have until then to end.
        case draining(until: Uptime)
        /// The calls in flight have been given up.
        case drained
    }

    private var phase = Phase.running
    private var order = CallbackOrder<CallbackCall>()
    /// How many callbacks are in flight, queued or waiting.
    private(set) var callCount = 0
    private var putOffs = PutOffSequence()

    /// When the calls in flight are to be given up; `nil` while the owner does not drain, and after that.
    var drainEnd: Uptime? {
        if case .draining(let end) = phase { end } else { nil }
    }

    /// Whether it drains or has.
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

    /// An attempt, or the wish to make one, has ended with a put-off.
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

    /// The owner drains: what is not in flight is put off, in the order of the creates.
    ///
    /// - Parameter queued: what of it is queued by hosts.
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
