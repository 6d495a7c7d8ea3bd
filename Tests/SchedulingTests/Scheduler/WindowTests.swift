import Testing

@testable import Scheduling

/// Design rules "Horizon" and "Bounded", as far as the window keeps them.
@Suite struct WindowTests {
    private static let start = EpochMilliseconds(rawValue: Script.start)
    private let limits: SchedulerLimits

    init() {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = 1_000
        limits.maxResident = 8
        limits.maxResidentBytes = 100
        limits.pageSize = 5
        limits.maxUnsettled = 3
        self.limits = limits
    }

    private static func schedule(_ offset: Int64, _ delay: Int64, bytes: Int = 0) -> Schedule {
        Script.schedule("k\(offset)", offset: offset, due: delay, bytes: bytes)
    }

    /// A window that has been read up to `through` after the start.
    private func loaded() -> Window {
        var window = Window(now: Self.start)
        _ = window.nextPage(Self.start, limits, waiting: 0)
        _ = window.pageArrived(TimelinePage(items: [], reachedEnd: true), isWanted: true)
        _ = window.pageTaken()
        return window
    }

    @Test func `Nothing is taken in before the first page`() {
        var window = Window(now: Self.start)
        #expect(window.insert(Self.schedule(0, -500), key: 1) == nil)
        #expect(!window.hasLoadedPage)
    }

    @Test func `A page that reached its end moves the horizon to that, whole milliseconds of it`() {
        var window = loaded()
        #expect(window.hasLoadedPage)
        #expect(window.insert(Self.schedule(.max, 1_000), key: 1) != nil)
        #expect(window.insert(Self.schedule(0, 1_001), key: 2) == nil)
    }

    @Test func `A full page moves the horizon to its last item and not beyond`() {
        var window = Window(now: Self.start)
        _ = window.nextPage(Self.start, limits, waiting: 0)
        let items = (0..<5).map { TimelineItem(schedule: Self.schedule($0, 100), record: nil) }
        #expect(window.pageArrived(TimelinePage(items: items, reachedEnd: false), isWanted: true) == items)
        _ = window.pageTaken()
        #expect(window.insert(Self.schedule(4, 100), key: 4) != nil)
        #expect(window.insert(Self.schedule(5, 100), key: 5) == nil)
        #expect(window.nextPage(Self.start, limits, waiting: 0)?.after == items[4].schedule.position)
    }

    @Test func `One page is asked for at a time, and none while the horizon is far`() {
        var window = Window(now: Self.start)
        let through = Self.start.advanced(byMilliseconds: 1_000)
        #expect(
            window.nextPage(Self.start, limits, waiting: 0)
                == Effects.PageCall(after: .beforeAll, through: through, limit: 5)
        )
        #expect(window.nextPage(Self.start, limits, waiting: 0) == nil)
        #expect(window.refillTime(limits) == nil)
        window = loaded()
        #expect(window.nextPage(Self.start.advanced(byMilliseconds: 499), limits, waiting: 0) == nil)
        #expect(window.refillTime(limits) == Self.start.advanced(byMilliseconds: 500))
        #expect(
            window.nextPage(Self.start.advanced(byMilliseconds: 500), limits, waiting: 0)?.after == .end(of: through)
        )
    }

    @Test func `A page is no longer than there is room for`() {
        var window = loaded()
        for offset in Int64(0)..<2 { _ = window.insert(Self.schedule(offset, 900), key: Int32(offset)) }
        let call = window.nextPage(Self.start.advanced(byMilliseconds: 600), limits, waiting: 4)
        #expect(call?.limit == 2)
    }

    @Test func `An unwanted page moves nothing`() {
        var window = Window(now: Self.start)
        _ = window.nextPage(Self.start, limits, waiting: 0)
        #expect(window.pageArrived(TimelinePage(items: [], reachedEnd: true), isWanted: false) == [])
        _ = window.pageTaken()
        #expect(window.horizon == .beforeAll)
        #expect(window.load == nil)
    }

    @Test func `What is due comes out in position order, and not before it is due`() {
        var window = loaded()
        _ = window.insert(Self.schedule(3, 50), key: 3)
        _ = window.insert(Self.schedule(2, 50), key: 2)
        _ = window.insert(Self.schedule(1, 60), key: 1)
        var due: [Int32] = []
        window.expire(through: Self.start.advanced(byMilliseconds: 49), limit: 9, into: &due)
        #expect(due.isEmpty)
        window.expire(through: Self.start.advanced(byMilliseconds: 50), limit: 1, into: &due)
        #expect(due == [2])
        window.expire(through: Self.start.advanced(byMilliseconds: 60), limit: 9, into: &due)
        #expect(due == [2, 3, 1])
    }

    @Test func `Past the number the farthest quarter is let go, and the horizon comes nearer`() {
        var window = loaded()
        for offset in Int64(0)..<9 { _ = window.insert(Self.schedule(offset, 100 * (offset + 1)), key: Int32(offset)) }
        _ = window.nextPage(Self.start.advanced(byMilliseconds: 500), limits, waiting: 0)
        #expect(window.takeExcess(limits) { _ in 0 } == [6, 7, 8])
        #expect(window.horizon == Self.schedule(5, 600).position)
        #expect(window.load?.isStale == true)
        #expect(window.pageArrived(TimelinePage(items: [], reachedEnd: true), isWanted: true) == [])
    }

    @Test func `Past the weight as many are kept as fit into three quarters of it, and at least one`() {
        var window = loaded()
        for offset in Int64(0)..<4 {
            _ = window.insert(Self.schedule(offset, 100 * (offset + 1), bytes: 30), key: Int32(offset))
        }
        #expect(window.bytes == 120)
        #expect(window.takeExcess(limits) { _ in 30 } == [2, 3])
        window = loaded()
        _ = window.insert(Self.schedule(0, 100, bytes: 500), key: 0)
        #expect(window.takeExcess(limits) { _ in 500 } == [])
        _ = window.insert(Self.schedule(1, 200, bytes: 500), key: 1)
        #expect(window.takeExcess(limits) { _ in 500 } == [1])
    }

    @Test func `It weighs what it holds`() throws {
        var window = loaded()
        let first = Self.schedule(0, 100, bytes: 30)
        let second = Self.schedule(1, 200, bytes: 40)
        let inserted = window.insert(first, key: 0)
        let handle = try #require(inserted)
        _ = window.insert(second, key: 1)
        window.remove(handle, first)
        window.remove(handle, first)
        #expect(window.bytes == 40)
        var due: [Int32] = []
        window.expire(through: second.position.time, limit: 1, into: &due)
        window.left(second)
        #expect(window.bytes == 0)
        #expect(window.count == 0)
    }

    @Test func `Keys stay for a page on its way, and one for which too many stay is thrown away`() {
        var window = loaded()
        #expect(window.keepForPage(0, limits) == false)
        _ = window.nextPage(Self.start.advanced(byMilliseconds: 600), limits, waiting: 0)
        for key in Int32(0)..<4 { #expect(window.keepForPage(key, limits) == true) }
        #expect(window.keepForPage(4, limits) == false)
        let item = TimelineItem(schedule: Self.schedule(0, 1_200), record: nil)
        #expect(window.pageArrived(TimelinePage(items: [item], reachedEnd: false), isWanted: true) == [])
        #expect(window.pageTaken() == [0, 1, 2, 3])
        #expect(window.nextPage(Self.start.advanced(byMilliseconds: 600), limits, waiting: 0) != nil)
    }
}
