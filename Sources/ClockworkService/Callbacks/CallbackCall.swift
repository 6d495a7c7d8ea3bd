internal import Scheduling

/// A callback that has been handed out and not answered.
struct CallbackCall {
    /// Its sender.
    var sender: Sender
    /// Identifies it to its owner.
    var token: UInt32
    /// The schedule that is delivered.
    var schedule: Schedule
    /// The target, with its options.
    var target: CallbackTarget
    /// Whether it was due when its request was read. Its schedule time then says nothing about its lateness.
    var wasDueOnArrival: Bool

    /// Its weight, in bytes.
    var bytes: Int { schedule.payload?.count ?? 0 }

    /// The host it goes to: scheme, name and port.
    let host: String
    /// The endpoint of that host.
    let endpoint: CallbackHost.EndpointID

    /// Whether an attempt has failed before.
    var isRetry: Bool { schedule.attempt > 1 }

    init(sender: Sender, delivery: Delivery, target: CallbackTarget) {
        self.sender = sender
        token = delivery.token
        schedule = delivery.schedule
        self.target = target
        wasDueOnArrival = delivery.wasDueOnArrival
        host = target.url.origin
        endpoint = target.url.path.hashValue
    }
}
