import Scheduling

/// What a file of requests must lead to, and what it has led to so far.
struct DemoLedger {
    private let decoder: RequestDecoder
    /// Schedules that are to be delivered or dead-lettered, with what has become of each.
    private var outcomes: [ScheduleKey: [Outcome]] = [:]
    private var latestTime = EpochMilliseconds.zero
    private var deadRequests = 0

    /// Requests sent.
    private(set) var sent = 0
    /// Creates superseded by a later create.
    private(set) var replaced = 0
    /// Creates removed by a later cancel.
    private(set) var cancelled = 0
    /// Requests that cannot be accepted.
    private(set) var rejected = 0
    /// Dead letters seen.
    private(set) var deadLettered = 0
    /// The lateness of each delivery, in milliseconds.
    private(set) var lateness: [Int64] = []

    private enum Outcome {
        case delivered
        case deadLettered
    }

    init(rules: RequestRules) {
        decoder = RequestDecoder(rules: rules)
    }

    /// When the last schedule is due.
    var end: EpochMilliseconds { latestTime }

    /// Takes note of a request that has been sent.
    mutating func send(_ request: OutgoingRequest) {
        sent += 1
        switch decode(request) {
        case .create(let schedule)? where schedule.target.callback != nil:
            // No topic shows what becomes of it.
            latestTime = max(latestTime, schedule.position.time)
        case .create(let schedule)?:
            if outcomes.updateValue([], forKey: schedule.key) != nil { replaced += 1 }
            latestTime = max(latestTime, schedule.position.time)
        case .cancel(let cancellation)?:
            if outcomes.removeValue(forKey: cancellation.key) != nil { cancelled += 1 }
        case nil:
            rejected += 1
        }
    }

    private func decode(_ request: OutgoingRequest) -> Request? {
        (request.key ?? []).withUnsafeBytes { key in
            (request.value ?? []).withUnsafeBytes { value in
                // Files hold structured requests, which need no header.
                try? decoder.decode(
                    RecordView(offset: 0, key: request.key == nil ? nil : key, value: value)
                )
            }
        }
    }

    /// Takes note of a record in a delivery topic.
    mutating func see(_ record: DeliveredRecord) {
        if let lateness = record.lateness { self.lateness.append(lateness) }
        note(.delivered, record)
    }

    /// Takes note of a record in the dead-letter topic.
    mutating func seeDeadLetter(_ record: DeliveredRecord) {
        deadLettered += 1
        if record.scheduleTime == nil { deadRequests += 1 } else { note(.deadLettered, record) }
    }

    private mutating func note(_ outcome: Outcome, _ record: DeliveredRecord) {
        guard let client = record.properties["client-id"], let name = record.properties["schedule-key"] else { return }
        outcomes[ScheduleKey(clientID: client, scheduleKey: name), default: [.delivered]].append(outcome)
    }

    /// Whether every request has come to its end.
    var isComplete: Bool {
        deadRequests >= rejected && !outcomes.values.contains { $0.isEmpty }
    }

    /// What is wrong: one line each.
    var problems: [String] {
        var problems: [String] = []
        let missing = outcomes.values.count { $0.isEmpty }
        if missing > 0 { problems.append("\(missing) schedules are missing") }
        let unexpected = outcomes.values.count { $0.count > 1 }
        if unexpected > 0 { problems.append("\(unexpected) schedules were delivered twice, or against a cancel") }
        if deadRequests != rejected {
            problems.append("\(deadRequests) of \(rejected) wrong requests are dead letters")
        }
        let early = lateness.count { $0 < 0 }
        if early > 0 { problems.append("\(early) deliveries were early") }
        return problems
    }

    /// The summary for people.
    var summary: String {
        let sorted = lateness.sorted()
        func percentile(_ part: Double) -> String {
            sorted.isEmpty ? "-" : "\(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))])"
        }
        return """
            sent           \(sent) requests
            delivered      \(lateness.count)
            cancelled      \(cancelled)
            replaced       \(replaced)
            dead-lettered  \(deadLettered)
            lateness       p50 \(percentile(0.5)) ms, p99 \(percentile(0.99)) ms, max \(sorted.last ?? 0) ms
            """
    }
}
