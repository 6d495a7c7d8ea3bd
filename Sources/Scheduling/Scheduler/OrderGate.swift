import DequeModule

/// Which ordering keys a callback holds up that asked for it, and the due schedules that wait behind it in memory.
///
/// A callback with `"ordered": true` holds its key from the moment it is handed out until it has ended for good: through
/// the pauses between its attempts, too. What holds is told by the order of the creates, not by where a retry stands.
struct OrderGate {
    /// A callback that has not ended.
    struct Holder {
        /// The key of the schedule.
        var key: ScheduleKey
        /// The position of its create: what comes behind that waits.
        var origin: Position
        /// When its next attempt is due; `nil` while it is in flight.
        var due: EpochMilliseconds?
        /// The time of the latest schedule that was put off to come behind it.
        var putOffTo = EpochMilliseconds.zero
    }

    fileprivate struct Item {
        var entry: Int32
        var schedule: Schedule
    }

    /// How many schedules wait, the released ones included.
    private(set) var count = 0
    /// What they weigh, in bytes.
    private(set) var bytes = 0
    /// How many callbacks hold a key.
    private(set) var holderCount = 0

    private var holders: [String: [Holder]] = [:]
    private var waiting: [String: Deque<Item>] = [:]
    /// Free to go out, until taken.
    private var released: [(entry: Int32, schedule: Schedule)] = []

    /// Whether nothing is held up.
    var isOpen: Bool { holders.isEmpty }

    /// Whether `schedule` waits here.
    func contains(_ schedule: Schedule) -> Bool {
        waiting[schedule.orderingKey]?.contains { $0.schedule === schedule } == true
            || released.contains { $0.schedule === schedule }
    }

    // MARK: Holding

    /// Has `schedule` hold its key, or tells how it goes on. Past `limit` holders it holds nothing.
    mutating func hold(_ schedule: Schedule, due: EpochMilliseconds?, limit: Int) {
        let key = schedule.orderingKey
        if let index = holders[key]?.firstIndex(where: { $0.origin.offset == schedule.position.offset }) {
            holders[key]?[index].due = due
        } else if holderCount < limit {
            holderCount += 1
            holders[key, default: []].append(Holder(key: schedule.key, origin: schedule.origin, due: due))
        }
    }

    /// The create at `offset` does not hold its key any more; what waited only for it is released.
    mutating func end(_ key: String, offset: Int64) {
        guard let index = holders[key]?.firstIndex(where: { $0.origin.offset == offset }) else { return }
        holders[key]?.remove(at: index)
        if holders[key]?.isEmpty == true { holders[key] = nil }
        holderCount -= 1
        while let first = waiting[key]?.first, holder(before: first.schedule) == nil {
            waiting[key]?.removeFirst()
            released.append((first.entry, first.schedule))
        }
        if waiting[key]?.isEmpty == true { waiting[key] = nil }
    }

    /// Those that hold a key and whose next attempt stands at or below `position`, with that key.
    func holders(through position: Position) -> [(orderingKey: String, holder: Holder)] {
        holders.flatMap { key, holders in
            holders.filter { holder in
                holder.due.map { Position(time: $0, offset: holder.origin.offset) <= position } ?? false
            }.map { (key, $0) }
        }
    }

    /// What `schedule` has to wait for: of several the one that will take longest, one in flight last.
    func holder(before schedule: Schedule) -> Holder? {
        guard let holders = holders[schedule.orderingKey] else { return nil }
        let origin = schedule.origin
        return holders.filter { $0.origin < origin }.max { ($0.due ?? .zero) < ($1.due ?? .zero) }
    }

    /// The time to which `schedule` is put off so that it comes behind `holder`, and behind what was put off before it.
    ///
    /// - Parameter attemptEnd: when an attempt that is in flight is expected to have ended.
    mutating func timeBehind(
        _ holder: Holder,
        _ schedule: Schedule,
        attemptEnd: EpochMilliseconds
    ) -> EpochMilliseconds {
        let time = max(holder.due ?? attemptEnd, holder.putOffTo).advanced(byMilliseconds: 1)
        let key = schedule.orderingKey
        if let index = holders[key]?.firstIndex(where: { $0.origin == holder.origin }) {
            holders[key]?[index].putOffTo = time
        }
        return time
    }

    // MARK: Waiting

    mutating func add(_ schedule: Schedule, entry: Int32) {
        count += 1
        bytes += PartitionScheduler.bytes(of: schedule)
        waiting[schedule.orderingKey, default: []].insertInOrder(Item(entry: entry, schedule: schedule))
    }

    /// Takes `schedule` out.
    mutating func remove(_ schedule: Schedule) {
        let key = schedule.orderingKey
        guard let index = waiting[key]?.firstIndex(where: { $0.schedule === schedule }) else { return }
        waiting[key]?.remove(at: index)
        if waiting[key]?.isEmpty == true { waiting[key] = nil }
        forget(schedule)
    }

    /// Takes out whatever waits for `key`, in the order of the creates.
    mutating func takeWaiting(_ key: String) -> [(entry: Int32, schedule: Schedule)] {
        let items = waiting.removeValue(forKey: key) ?? []
        for item in items { forget(item.schedule) }
        return items.map { ($0.entry, $0.schedule) }
    }

    /// Hands over what is free to go out. Check that it is still the pending one of its entry.
    mutating func takeReleased() -> [(entry: Int32, schedule: Schedule)] {
        guard !released.isEmpty else { return [] }
        for (_, schedule) in released { forget(schedule) }
        defer { released.removeAll() }
        return released
    }

    private mutating func forget(_ schedule: Schedule) {
        count -= 1
        bytes -= PartitionScheduler.bytes(of: schedule)
    }
}

extension Deque<OrderGate.Item> {
    fileprivate mutating func insertInOrder(_ item: OrderGate.Item) {
        let origin = item.schedule.origin
        let before = lastIndex { $0.schedule.origin < origin }
        insert(item, at: before.map { $0 + 1 } ?? 0)
    }
}
