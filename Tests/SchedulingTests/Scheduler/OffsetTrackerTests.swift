import TestSupport
import Testing

@testable import Scheduling

@Suite struct OffsetTrackerTests {
    @Test func `Without anything read the start is committable`() {
        let tracker = OffsetTracker(next: 7)
        #expect(tracker.committable == 7)
        #expect(tracker.next == 7)
    }

    @Test func `The committable offset is the lowest unsettled one`() {
        var tracker = OffsetTracker(next: 0)
        for offset in Int64(0)..<4 { _ = tracker.read(offset) }
        tracker.settle(1)
        tracker.settle(3)
        #expect(tracker.committable == 0)
        tracker.settle(0)
        #expect(tracker.committable == 2)
        tracker.settle(2)
        #expect(tracker.committable == 4)
        #expect(tracker.unsettledCount == 0)
    }

    @Test func `An offset read before is refused`() {
        var tracker = OffsetTracker(next: 5)
        let answers = [4, 5, 5, 6].map { tracker.read($0) }
        #expect(answers == [false, true, false, true])
    }

    @Test func `An offset is unsettled from its reading to its settling, and at no other time`() {
        var tracker = OffsetTracker(next: 0)
        #expect(!tracker.isUnsettled(10))
        for offset: Int64 in [10, 20, 30] { _ = tracker.read(offset) }
        #expect(tracker.isUnsettled(20))
        #expect(!tracker.isUnsettled(15))
        #expect(!tracker.isUnsettled(40))
        tracker.settle(20)
        #expect(!tracker.isUnsettled(20))
    }

    @Test(arguments: 0..<50)
    func `Whatever the gaps and the order of settling, it agrees with a sorted set`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tracker = OffsetTracker(next: 0)
        var unsettled: Set<Int64> = []
        var next: Int64 = 0
        for _ in 0..<300 {
            if random.oneIn(2) {
                next += random.oneIn(4) ? .random(in: 1...50, using: &random) : 0
                _ = tracker.read(next)
                unsettled.insert(next)
                next += 1
            } else if let offset = unsettled.sorted().randomElement(using: &random) {
                tracker.settle(offset)
                unsettled.remove(offset)
            }
            #expect(tracker.committable == unsettled.min() ?? next, "seed \(seed)")
            #expect(tracker.unsettledCount == unsettled.count, "seed \(seed)")
        }
    }
}
