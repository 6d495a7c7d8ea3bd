import Scheduling

/// The promises, each checked by a function of its own against what a world's outside saw.
struct SimulationChecks {
    private(set) var problems: [String] = []
    private let faults: SimulatedFaults

    private var deliveries: [Int64: Int] = [:]
    private var deadLetters: [Int64: Int] = [:]
    private var crashes = 0
    /// The highest offset of a request for a key that the present owner has read.
    private var latestRead: [ScheduleKey: Int64] = [:]
    private var latestReadOfAnyOwner: [ScheduleKey: Int64] = [:]
    private var committedOffset: Int64 = 0
    /// What the present owner has handed out for each ordering key, and when it had read what.
    private var latestHandedOut: [String: (schedule: Schedule, readsBefore: Int)] = [:]
    private var readNumber: [Int64: Int] = [:]
    private var reads = 0

    init(faults: SimulatedFaults) {
        self.faults = faults
    }

    private mutating func problem(_ text: String) {
        problems.append(text)
    }

    // MARK: What happens

    mutating func ownerStarted(committed: Int64) {
        latestRead = [:]
        latestHandedOut = [:]
        readNumber = [:]
    }

    mutating func ownerCrashed() {
        crashes += 1
    }

    mutating func wasRead(_ request: Request) {
        reads += 1
        switch request {
        case .create(let schedule):
            readNumber[schedule.position.offset] = reads
            latestRead[schedule.key] = schedule.position.offset
        case .cancel(let cancellation):
            latestRead[cancellation.key] = cancellation.offset
        }
    }

    mutating func wasHandedOut(_ schedule: Schedule, at now: EpochMilliseconds, isStale: Bool) {
        neverEarly(schedule, now)
        latestWins(schedule)
        inOrderPerKey(schedule)
    }

    mutating func wasDelivered(_ schedule: Schedule) {
        deliveries[schedule.position.offset, default: 0] += 1
    }

    mutating func wasDeadLettered(_ schedule: Schedule) {
        deadLetters[schedule.position.offset, default: 0] += 1
    }

    // MARK: Promises

    /// Design rule "Never early, and in order", first half.
    private mutating func neverEarly(_ schedule: Schedule, _ now: EpochMilliseconds) {
        if schedule.position.time > now { problem("early: \(name(schedule)) at \(now.rawValue)") }
    }

    /// Design rule "Never early, and in order", second half: within one owner's time the deliveries of an ordering key
    /// are in position order, but for what was read after a later one had gone out.
    private mutating func inOrderPerKey(_ schedule: Schedule) {
        defer { latestHandedOut[schedule.orderingKey] = (schedule, reads) }
        guard let (before, readsBefore) = latestHandedOut[schedule.orderingKey],
            before.position > schedule.position
        else { return }
        if let number = readNumber[schedule.position.offset], number > readsBefore { return }
        problem("out of order: \(name(schedule)) after \(name(before))")
    }

    /// Design rule "Latest wins": nothing goes out of which its owner knows that it was replaced or cancelled.
    private mutating func latestWins(_ schedule: Schedule) {
        guard let latest = latestRead[schedule.key], latest > schedule.position.offset else { return }
        problem("delivered although request \(latest) superseded it: \(name(schedule))")
    }

    /// Design rule "Settled": whatever lies below a committed offset is safe elsewhere.
    mutating func committed(_ offset: Int64, log: [Request], store: SimulatedStore) {
        defer { committedOffset = max(committedOffset, offset) }
        guard offset > committedOffset else { return }
        for request in log[Int(committedOffset)..<Int(offset)] {
            guard case .create(let schedule) = request, !isSettled(schedule, log, store.timeline, below: offset) else {
                continue
            }
            problem("committed \(offset) past unsettled \(name(schedule))")
        }
    }

    private func isSettled(
        _ schedule: Schedule,
        _ log: [Request],
        _ timeline: [Position: Schedule],
        below end: Int64
    ) -> Bool {
        let offset = schedule.position.offset
        return timeline[schedule.position] != nil || deliveries[offset] != nil || deadLetters[offset] != nil
            || isSuperseded(schedule, log) || isRepeat(schedule, log, timeline)
    }

    private func isSuperseded(_ schedule: Schedule, _ log: [Request]) -> Bool {
        log[(Int(schedule.position.offset) + 1)...].contains { request in
            switch request {
            case .create(let later): later.key == schedule.key
            case .cancel(let cancellation): cancellation.key == schedule.key
            }
        }
    }

    /// Whether the same schedule, with the same time, was delivered before or is being delivered.
    private func isRepeat(_ schedule: Schedule, _ log: [Request], _ timeline: [Position: Schedule] = [:]) -> Bool {
        log[..<Int(schedule.position.offset)].contains { request in
            guard case .create(let earlier) = request else { return false }
            let offset = earlier.position.offset
            return earlier.key == schedule.key && earlier.position.time == schedule.position.time
                && (deliveries[offset] ?? deadLetters[offset] != nil || timeline[earlier.position] != nil)
        }
    }

    /// Design rule "Bounded".
    mutating func bounds(_ scheduler: PartitionScheduler) {
        let limits = scheduler.limits
        if scheduler.residentCount > limits.maxResident { problem("\(scheduler.residentCount) resident") }
        // One batch of at most 20 requests may be on its way when the intake is paused.
        if scheduler.unsettledCount > limits.maxUnsettled + 20 { problem("\(scheduler.unsettledCount) unsettled") }
        // Those released from the holding pen come on top; they are unsettled requests.
        if scheduler.deliveriesInFlight > limits.maxDeliveriesInFlight + limits.maxUnsettled + 20 {
            problem("\(scheduler.deliveriesInFlight) deliveries in flight")
        }
    }

    mutating func atTheEnd(log: [Request], committed: Int64, timeline: [Position: Schedule]) {
        for case .create(let schedule) in log {
            let offset = schedule.position.offset
            let times = (deliveries[offset] ?? 0) + (deadLetters[offset] ?? 0)
            if times == 0, !isSuperseded(schedule, log), !isRepeat(schedule, log) { problem("lost: \(name(schedule))") }
            if times > 1 + crashes { problem("delivered \(times) times with \(crashes) crashes: \(name(schedule))") }
        }
        if committed != log.count { problem("committed \(committed) of \(log.count) at the end") }
        // Design rule "Done means gone". Writes of owners long gone may leave something that is dropped when read.
        if !faults.hasStaleWrites || crashes == 0, !timeline.isEmpty {
            problem("left in the timeline: \(timeline.values.map(name))")
        }
    }

    private func name(_ schedule: Schedule) -> String {
        "\(schedule.key.scheduleKey)@\(schedule.position.offset) due \(schedule.position.time.rawValue)"
    }
}
