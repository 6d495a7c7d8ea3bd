import DequeModule

/// Due schedules that may not go out yet, by ordering key, in position order.
///
/// A create that was due on arrival may repeat a delivered one, so it waits here for the store's answer. Schedules that
/// fall due after it with the same ordering key wait too, to keep the order per key; other keys pass.
struct HoldingPen {
    struct Item {
        var key: Int32
        var schedule: Schedule
        /// Whether it waits for its own answer, rather than for those before it.
        var isWaiting: Bool
    }

    /// The number of schedules it holds, the released ones included.
    private(set) var count = 0
    /// Their weight, in bytes.
    private(set) var bytes = 0

    private(set) var queues: [String: Deque<Item>] = [:]
    /// Free to go out, in order, until taken.
    private(set) var released: [(key: Int32, schedule: Schedule)] = []

    /// Whether one with the same ordering key stands before `schedule`.
    func holdsBack(_ schedule: Schedule) -> Bool {
        guard !queues.isEmpty, let first = queues[schedule.orderingKey]?.first else { return false }
        return first.schedule.position < schedule.position
    }

    mutating func add(_ schedule: Schedule, key: Int32, isWaiting: Bool) {
        count += 1
        bytes += schedule.bytesInMemory
        let item = Item(key: key, schedule: schedule, isWaiting: isWaiting)
        queues[schedule.orderingKey, default: []].insertInOrder(item)
    }

    /// Removes `schedule`, which may release those after it.
    mutating func remove(_ schedule: Schedule) {
        guard let place = queues.index(forKey: schedule.orderingKey),
            let index = queues.values[place].firstIndex(where: { $0.schedule === schedule })
        else { return }
        queues.values[place].remove(at: index)
        count -= 1
        bytes -= schedule.bytesInMemory
        releaseFront(of: place)
    }

    /// The answer for `schedule` is here: it goes out as soon as nothing precedes it.
    mutating func answer(_ schedule: Schedule) {
        guard let place = queues.index(forKey: schedule.orderingKey),
            let index = queues.values[place].firstIndex(where: { $0.schedule === schedule })
        else { return }
        queues.values[place][index].isWaiting = false
        releaseFront(of: place)
    }

    /// Hands over the released schedules. The caller checks that each is still the pending one of its key.
    mutating func takeReleased() -> [(key: Int32, schedule: Schedule)] {
        guard !released.isEmpty else { return [] }
        count -= released.count
        for (_, schedule) in released { bytes -= schedule.bytesInMemory }
        defer { released.removeAll() }
        return released
    }

    private mutating func releaseFront(of place: Dictionary<String, Deque<Item>>.Index) {
        while let first = queues.values[place].first, !first.isWaiting {
            queues.values[place].removeFirst()
            released.append((first.key, first.schedule))
        }
        if queues.values[place].isEmpty { queues.remove(at: place) }
    }
}

extension Deque<HoldingPen.Item> {
    fileprivate mutating func insertInOrder(_ item: HoldingPen.Item) {
        let before = lastIndex { $0.schedule.position < item.schedule.position }
        insert(item, at: before.map { $0 + 1 } ?? 0)
    }
}
