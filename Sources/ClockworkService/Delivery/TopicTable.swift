internal import Scheduling

/// One row for each remembered topic, by its name.
///
/// Clients choose the names, so their number is unbounded, and idle rows are swept now and then: those of topics not
/// known to exist, and those not used since the last sweep. A sweep comes after the rows have grown by half, and by a
/// thousand at least. So it is O(1) for each new name, and there are never more than three rows for each topic in use,
/// or 2,000 more than that. A forgotten topic can be looked up again.
struct TopicTable<Handle> {
    /// The fewest new rows between two sweeps.
    static var sweepAfter: Int { 1_000 }
    /// The row of the topic that is never checked and never swept.
    static var permanent: Int { 0 }

    private var rows: ContiguousArray<DeliveryTopic<Handle>>
    private var rowOfName: [String: Int]
    private var free: [Int] = []
    /// The row found last: one often comes again.
    private var latest = Self.permanent
    private var nextSweep = Self.sweepAfter
    private let policy: TopicPolicy

    init(permanent name: String, policy: TopicPolicy) {
        self.policy = policy
        var topic = DeliveryTopic<Handle>(name)
        topic.state = .known
        rows = [topic]
        rowOfName = [name: Self.permanent]
    }

    /// The number of topics that are remembered.
    var count: Int { rowOfName.count }

    /// The rows, including free ones.
    var indices: Range<Int> { rows.indices }

    subscript(row: Int) -> DeliveryTopic<Handle> {
        _read { yield rows[row] }
        _modify { yield &rows[row] }
    }

    /// The row of a topic, if it has one.
    func known(_ name: String) -> Int? { rowOfName[name] }

    /// The row of a topic.
    mutating func row(of name: String) -> Int {
        if rows[latest].name == name { return latest }
        latest = rowOfName[name] ?? add(name)
        return latest
    }

    private mutating func add(_ name: String) -> Int {
        if count >= nextSweep { sweep() }
        var topic = DeliveryTopic<Handle>(name)
        if !policy.allows(name) { topic.state = .barred(.notAllowed(name)) }
        let row = free.popLast() ?? rows.count
        if row == rows.count {
            rows.append(topic)
        } else {
            rows[row] = topic
        }
        rowOfName[name] = row
        return row
    }

    private mutating func sweep() {
        for (name, row) in rowOfName where row != Self.permanent {
            if isForgettable(rows[row]) {
                rowOfName[name] = nil
                // No topic has this name, so no look-up finds the row.
                rows[row] = DeliveryTopic("")
                free.append(row)
            } else {
                rows[row].wasUsed = false
            }
        }
        nextSweep = count + max(Self.sweepAfter, count / 2)
    }

    private func isForgettable(_ topic: DeliveryTopic<Handle>) -> Bool {
        guard topic.isIdle else { return false }
        return switch topic.state {
        case .unknown, .waiting, .barred: true
        case .checking: false
        case .known: !topic.wasUsed
        }
    }
}
