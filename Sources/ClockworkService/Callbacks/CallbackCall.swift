internal import Scheduling

/// A callback that has been handed out and not answered.
struct CallbackCall {
    /// Whose it is.
    var sender: Sender
    /// Names it to its owner.
    var token: UInt32
    /// What is delivered.
    var schedule: Schedule
    /// Where to, and how.
    var target: CallbackTarget
    /// Whether it was due when its request was read, so that its schedule time says nothing of how late it is.
    var wasDueOnArrival: Bool

    /// What it weighs, in bytes.
    var bytes: Int { schedule.payload?.count ?? 0 }

    /// The host it goes to: scheme, name and port.
    let host: String
    /// The endpoint of that host that it goes to.
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
