import TimerWheel

/// The part of the timeline that is in memory: the wheel, its horizon, and the page on its way.
///
/// Design rule "Horizon": every pending schedule at or below `horizon` is in memory.
struct Window {
    /// A page on its way.
    struct PageLoad {
        let call: Effects.PageCall
        /// Keys kept in memory only for what the page may show of them.
        var kept: [Int32] = []
        /// Whether the page is to be discarded and asked for again.
        var isStale = false
    }

    private(set) var wheel: TimerWheel<Int32>
    /// Every pending schedule at or below it is in memory.
    private(set) var horizon = Position.beforeAll
    /// Whether the timeline has been read over the horizon's whole range, not only to the end of a full page.
    private var isComplete = false
    /// Whether a page has been loaded since the assignment.
    private(set) var hasLoadedPage = false
    private(set) var load: PageLoad?
    /// Payload and header bytes of the schedules in the wheel.
    private(set) var bytes = 0

    init(now: EpochMilliseconds) {
        wheel = TimerWheel(now: now.rawValue)
    }

    var count: Int { wheel.count }
    /// The time of the first schedule; `nil` when there is none.
    var nextTime: Int64? { wheel.nextWake }

    // MARK: Schedules

    /// Takes a schedule in.
    ///
    /// - Returns: its handle; `nil` if it lies beyond the horizon.
    mutating func insert(_ schedule: Schedule, key: Int32) -> TimerWheel<Int32>.Handle? {
        let position = schedule.position
        guard position <= horizon else { return nil }
        bytes += schedule.bytesInMemory
        return wheel.insert(tick: position.time.rawValue, order: position.offset, value: key)
    }

    mutating func remove(_ handle: TimerWheel<Int32>.Handle, _ schedule: Schedule) {
        guard wheel.remove(handle) != nil else { return }
        bytes -= schedule.bytesInMemory
    }

    /// Removes the schedules due by `now`, at most `limit`, and appends their keys in position order. The caller
    /// reports each schedule to `left`.
    mutating func expire(through now: EpochMilliseconds, limit: Int, into due: inout [Int32]) {
        _ = wheel.expire(through: now.rawValue, limit: limit) { _, key in due.append(key) }
    }

    /// A schedule that `expire` has removed.
    mutating func left(_ schedule: Schedule) {
        bytes -= schedule.bytesInMemory
    }

    // MARK: Bounds

    /// Design rule "Bounded": past a limit the farthest quarter is left to the store, and the horizon moves nearer.
    ///
    /// - Returns: the keys of the schedules to drop; the caller removes each.
    mutating func takeExcess(_ limits: SchedulerLimits, bytesOf: (Int32) -> Int) -> [Int32] {
        guard wheel.count > limits.maxResident || bytes > limits.maxResidentBytes && wheel.count > 1 else { return [] }
        var all: [(position: Position, key: Int32)] = []
        all.reserveCapacity(wheel.count)
        wheel.forEach { _, tick, order, key in
            all.append((Position(time: EpochMilliseconds(rawValue: tick), offset: order), key))
        }
        all.sort { $0.position < $1.position }
        // The nearest that fit into three quarters of both bounds; at least one.
        var kept = min(all.count - 1, max(1, limits.maxResident * 3 / 4))
        if bytes > limits.maxResidentBytes {
            var excess = bytes - limits.maxResidentBytes * 3 / 4
            var fitting = all.count
            while fitting > 1, excess > 0 {
                fitting -= 1
                excess -= bytesOf(all[fitting].key)
            }
            kept = min(fitting, kept)
        }
        horizon = min(horizon, all[kept - 1].position)
        isComplete = false
        load?.isStale = true
        return all[kept...].map(\.key)
    }

    // MARK: Pages

    /// The next page to ask for, when the horizon has come near.
    ///
    /// - Parameter waiting: how many due schedules wait in memory beside the window.
    mutating func nextPage(
        _ now: EpochMilliseconds,
        _ limits: SchedulerLimits,
        waiting: Int
    ) -> Effects.PageCall? {
        guard load == nil else { return nil }
        let end = min(now.advanced(byMilliseconds: limits.horizonMilliseconds), .maximum)
        guard horizon.time < end else { return nil }
        let isNear = horizon.time <= now.advanced(byMilliseconds: limits.horizonMilliseconds / 2)
        guard !isComplete || isNear else { return nil }
        let limit = min(limits.pageSize, limits.maxResident - wheel.count - waiting)
        let call = Effects.PageCall(after: horizon, through: end, limit: limit)
        load = PageLoad(call: call)
        return call
    }

    /// When to ask for the next page; `nil` while one is on its way, or nothing is left to load.
    func refillTime(_ limits: SchedulerLimits) -> EpochMilliseconds? {
        guard load == nil, horizon.time < .maximum else { return nil }
        return horizon.time.advanced(byMilliseconds: -limits.horizonMilliseconds / 2)
    }

    /// Keeps a key in memory until the page on its way is here. The page may have been read before the key's latest
    /// change, so it may show an obsolete item or miss a current one.
    ///
    /// - Returns: `false` if no page is on its way, or it is to be discarded. When so many keys are kept that asking
    ///   again costs less than remembering them, the page is discarded.
    mutating func keepForPage(_ key: Int32, _ limits: SchedulerLimits) -> Bool {
        guard load?.isStale == false else { return false }
        load?.kept.append(key)
        if let kept = load?.kept.count, kept > limits.maxUnsettled { load?.isStale = true }
        return true
    }

    /// The page asked for is here. `pageTaken` follows.
    ///
    /// - Returns: its items, now at or below the horizon, unless the page is to be discarded.
    mutating func pageArrived(_ page: TimelinePage, isWanted: Bool) -> [TimelineItem] {
        guard let load else { preconditionFailure("a page that was not asked for") }
        guard isWanted, !load.isStale else { return [] }
        if page.reachedEnd {
            horizon = Position.end(of: load.call.through)
        } else if let last = page.items.last {
            horizon = last.schedule.position
        }
        isComplete = page.reachedEnd
        hasLoadedPage = true
        return page.items
    }

    /// All items of the page are known.
    ///
    /// - Returns: the keys that were kept for it.
    mutating func pageTaken() -> [Int32] {
        defer { load = nil }
        return load?.kept ?? []
    }
}
