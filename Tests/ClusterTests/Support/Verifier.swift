/// Knows every request that was sent and says what is wrong with the deliveries.
struct Verifier {
    /// A create that was sent.
    private struct Expectation {
        var request: TestRequest
        var partition: Int32
        /// With the generation of the log, as the scheduler has it.
        var offset: Int64
        /// When its record was acknowledged, epoch milliseconds.
        var sentAt: Int64
        /// When it was replaced or cancelled, or that it repeats a delivered one; `nil` for one that must be delivered.
        var withdrawnAt: Int64?
        /// The offset of the request that withdrew it.
        var withdrawnBy: Int64?

        var isWithdrawn: Bool { withdrawnAt != nil }
    }

    private struct Key: Hashable {
        var client: String
        var key: String
    }

    /// A delivery that was not the first of its request.
    struct Repeat {
        var id: String
        /// When it was due.
        var due: Int64
        /// When the record before was delivered, and when this one, epoch milliseconds.
        var earlier: Int64
        var later: Int64
    }

    /// What is wrong, one sentence each, and the repeats.
    struct Findings: CustomStringConvertible {
        var expected = 0
        var delivered = 0
        var lost: [String] = []
        var unexpected: [String] = []
        var early: [String] = []
        var disordered: [String] = []
        var wrong: [String] = []
        var repeats: [Repeat] = []
        /// The first delivery of each request that was to be delivered.
        var firsts: [(due: Int64, deliveredAt: Int64)] = []

        /// Whether all went well, repeats aside.
        var isSound: Bool { [lost, unexpected, early, disordered, wrong].allSatisfy(\.isEmpty) }

        var description: String {
            var lines = ["\(expected) to be delivered, \(delivered) delivered, \(repeats.count) repeats"]
            let sections = [
                ("lost", lost), ("unexpected", unexpected), ("early", early), ("out of order", disordered),
                ("wrong", wrong), ("repeated", repeats.map { "\($0.id) at \($0.earlier) and \($0.later)" }),
            ]
            for (name, items) in sections where !items.isEmpty {
                lines.append("\(items.count) \(name):")
                lines += items.prefix(10).map { "  \($0)" }
                if items.count > 10 { lines.append("  …") }
            }
            return lines.joined(separator: "\n")
        }
    }

    let intake: String
    /// How far a pod's clock may be ahead of the test's, milliseconds: by so much a delivery may be early for the test.
    var clocksAhead: Int64 = 0
    /// Within what time owners read requests, milliseconds. One that was sent less than this before another delivery
    /// need not come in front of it, nor keep the delivery that it withdraws from happening.
    var readWithin: Int64 = 0
    /// When pods may have read nothing, however long that was: from when to when, epoch milliseconds.
    var outages: [(begin: Int64, end: Int64)] = []
    /// Which log of its partition a request goes to that is noted now.
    var generation: Int64 = 0
    private var expectations: [String: Expectation] = [:]
    private var latest: [Key: String] = [:]

    init(intake: String) {
        self.intake = intake
    }

    /// Takes note of a request and of where it is in the intake topic. Requests of a key are noted in their order, and
    /// so early that what they replace or cancel is still pending.
    mutating func sent(_ request: TestRequest, partition: Int32, offset: Int64, isDuplicate: Bool = false) {
        let key = Key(client: request.client, key: request.key)
        let now = nowMilliseconds()
        let logOffset = generation * 1_000_000_000_000_000 + offset
        if !isDuplicate, let id = latest.removeValue(forKey: key) {
            expectations[id]?.withdrawnAt = now
            expectations[id]?.withdrawnBy = logOffset
        }
        guard !request.isCancel else { return }
        let id = "\(intake)/\(partition)/" + (generation == 0 ? "" : "\(generation)-") + "\(offset)"
        expectations[id] = Expectation(
            request: request,
            partition: partition,
            offset: logOffset,
            sentAt: now,
            withdrawnAt: isDuplicate ? 0 : nil
        )
        if !isDuplicate { latest[key] = id }
    }

    /// A create and where it is in the intake topic.
    struct Create {
        var id: String
        var partition: Int32
        var offset: Int64
        /// The offset of the request that replaced or cancelled it.
        var withdrawnBy: Int64?
    }

    /// All that were sent.
    var creates: [Create] {
        expectations.map { id, expectation in
            Create(
                id: id,
                partition: expectation.partition,
                offset: expectation.offset,
                withdrawnBy: expectation.withdrawnBy
            )
        }
    }

    /// How many requests have been noted that lead to a delivery if they are not withdrawn.
    var createCount: Int { expectations.count }

    /// The ids that must be delivered.
    var expectedIDs: Set<String> { Set(expectations.filter { !$0.value.isWithdrawn }.keys) }

    /// The ids that must be delivered and are due at a time for which `isWanted` holds.
    func ids(due isWanted: (Int64) -> Bool) -> Set<String> {
        Set(expectations.filter { !$0.value.isWithdrawn && isWanted($0.value.request.time) }.keys)
    }

    /// Where the request with this id is in the intake topic.
    func position(of id: String) -> (partition: Int32, offset: Int64)? {
        expectations[id].map { ($0.partition, $0.offset) }
    }

    /// Whether everything that must be delivered is among `records`.
    func isComplete(_ records: [ReadRecord]) -> Bool {
        expectedIDs.subtracting(records.compactMap { $0.header("clockwork-id") }).isEmpty
    }

    /// What is wrong with `records`, those of each partition in their order.
    func findings(_ records: [ReadRecord]) -> Findings {
        var findings = Findings()
        let expected = expectedIDs
        findings.expected = expected.count
        findings.delivered = records.count
        var deliveredAt: [String: Int64] = [:]
        var last: [String: (expectation: Expectation, deliveredAt: Int64)] = [:]
        for read in records {
            guard let id = read.header("clockwork-id"), let expectation = expectations[id] else {
                findings.unexpected.append("\(read.topic): \(shown(read.record.value)) \(read.record.headers)")
                continue
            }
            check(read, id, expectation, &findings)
            // One that was on its way out when it was withdrawn came too late to be.
            if let withdrawnAt = expectation.withdrawnAt,
                min(read.timestamp, read.arrival) > readAt(withdrawnAt)
            {
                findings.unexpected.append("\(id) (\(expectation.request.key)) was replaced, cancelled or delivered")
            }
            if let earlier = deliveredAt.updateValue(read.timestamp, forKey: id) {
                findings.repeats.append(
                    Repeat(id: id, due: expectation.request.time, earlier: earlier, later: read.timestamp)
                )
                continue
            }
            // By the time it was there: the record's own is from before it waited in the producer.
            if !expectation.isWithdrawn { findings.firsts.append((expectation.request.time, read.arrival)) }
            // Of callbacks attempts are in order, and only where none is put off.
            if expectation.request.isCallback { continue }
            // One partition's schedules are in order, hence those with the same ordering key.
            let stream = "\(expectation.partition) \(read.topic) \(read.partition)"
            if let (before, time) = last[stream], Self.position(expectation) < Self.position(before),
                readAt(expectation.sentAt) + clocksAhead < time
            {
                findings.disordered.append(
                    "\(id) (\(expectation.request.key)) of \(expectation.request.time) after \(before.partition)/"
                        + "\(before.offset) (\(before.request.key)) of \(before.request.time)"
                )
            }
            last[stream] = (expectation, read.timestamp)
        }
        findings.lost = expected.subtracting(deliveredAt.keys).sorted().map { id in
            "\(id) (\(expectations[id]?.request.key ?? "")) of \(expectations[id]?.request.time ?? 0)"
        }
        return findings
    }

    /// When a request that was sent at this time has been read at the latest.
    private func readAt(_ sentAt: Int64) -> Int64 {
        let latest = sentAt + readWithin
        let outage = outages.first { $0.begin < latest && sentAt < $0.end }
        return outage.map { max(latest, $0.end + readWithin) } ?? latest
    }

    private static func position(_ expectation: Expectation) -> (Int64, Int64) {
        (expectation.request.time, expectation.offset)
    }

    private func check(_ read: ReadRecord, _ id: String, _ expectation: Expectation, _ findings: inout Findings) {
        let request = expectation.request
        if min(read.timestamp, read.arrival + clocksAhead) < request.time {
            findings.early.append("\(id): \(request.time - read.timestamp) ms")
        }
        let wanted = request.delivery(id: id)
        if read.topic != request.topic { findings.wrong.append("\(id): topic \(read.topic), not \(request.topic)") }
        if read.record.key != wanted.key {
            findings.wrong.append("\(id): key \(shown(read.record.key)), not \(shown(wanted.key))")
        }
        if read.record.value != wanted.value {
            findings.wrong.append("\(id): value \(shown(read.record.value)), not \(shown(wanted.value))")
        }
        if read.record.headers != wanted.headers {
            findings.wrong.append("\(id): headers \(read.record.headers), not \(wanted.headers)")
        }
    }
}
