/// The deliveries of a partition that have been handed out and not answered, in a slab with a free list.
struct Flights {
    /// A delivery in flight.
    struct Flight {
        /// The number of its key.
        var key: Int32
        var schedule: Schedule
    }

    private(set) var slots: ContiguousArray<Flight?> = []
    private var free: [UInt32] = []
    /// The number of deliveries to topics.
    private(set) var topicCount = 0
    /// The number of callbacks.
    private(set) var callbackCount = 0
    /// Their weight, in bytes.
    private(set) var bytes = 0

    var count: Int { topicCount + callbackCount }

    /// The delivery under `token`, which is in flight.
    subscript(token: UInt32) -> Flight {
        guard Int(token) < slots.count, let flight = slots[Int(token)] else {
            preconditionFailure("no delivery \(token) in flight")
        }
        return flight
    }

    /// - Returns: the token that identifies the delivery until it has landed.
    mutating func takeOff(_ schedule: Schedule, key: Int32) -> UInt32 {
        count(schedule, 1)
        let flight = Flight(key: key, schedule: schedule)
        if let token = free.popLast() {
            slots[Int(token)] = flight
            return token
        }
        slots.append(flight)
        return UInt32(slots.count - 1)
    }

    mutating func land(_ token: UInt32) -> Flight {
        let flight = self[token]
        slots[Int(token)] = nil
        free.append(token)
        count(flight.schedule, -1)
        return flight
    }

    /// Notes why a delivery has failed for good, for its key record.
    mutating func noteFailure(_ token: UInt32, _ detail: String) {
        let schedule = self[token].schedule
        let retry = Retry(scheduleTime: schedule.scheduleTime, attempt: schedule.attempt, failure: detail)
        slots[Int(token)]?.schedule = schedule.again(at: schedule.position.time, retry: retry)
    }

    private mutating func count(_ schedule: Schedule, _ sign: Int) {
        bytes += sign * schedule.bytesInMemory
        if schedule.target.callback == nil { topicCount += sign } else { callbackCount += sign }
    }
}

extension Schedule {
    /// Its weight in memory, in bytes.
    var bytesInMemory: Int { (payload?.count ?? 0) + headers.packed.count }
}
