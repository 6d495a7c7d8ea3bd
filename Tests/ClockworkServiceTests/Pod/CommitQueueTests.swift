import Runtime
import Testing

@testable import ClockworkService

@Suite struct CommitQueueTests {
    private func time(_ milliseconds: Int64) -> Uptime { Uptime(milliseconds: milliseconds) }

    @Test func `a commit in a hurry skips the interval, but not the pause after a failure`() {
        var queue = CommitQueue()
        queue.want(0, 5)
        #expect(queue.take(now: time(1_000), atOnce: false) == [0: 5])
        queue.succeeded([0: 5])
        queue.want(0, 6)
        #expect(queue.take(now: time(1_001), atOnce: false) == nil)
        #expect(queue.take(now: time(1_001), atOnce: true) == [0: 6])
        queue.failed([0: 6], now: time(1_002))
        #expect(queue.isOutstanding(0))
        #expect(queue.take(now: time(1_003), atOnce: true) == nil)
        #expect(queue.wakeAt == time(1_502))
        #expect(queue.take(now: time(1_502), atOnce: true) == [0: 6])
    }

    @Test func `a postponed commit is tried an interval later`() {
        var queue = CommitQueue()
        queue.want(3, 7)
        queue.postpone(now: time(1_000))
        #expect(queue.take(now: time(1_050), atOnce: false) == nil)
        #expect(queue.wakeAt == time(1_100))
        #expect(queue.take(now: time(1_100), atOnce: false) == [3: 7])
    }

    @Test func `an answer for a partition that was forgotten says nothing of its next owner`() {
        var queue = CommitQueue()
        queue.want(0, 500)
        queue.want(1, 5)
        _ = queue.take(now: time(1_000), atOnce: false)
        queue.forget(0)
        queue.want(0, 3)
        #expect(queue.awaited([0: 500, 1: 5]) == [1: 5])
        queue.succeeded([0: 500, 1: 5])
        #expect(queue.take(now: time(2_000), atOnce: false) == [0: 3])
    }

    @Test func `a forgotten partition is not committed again`() {
        var queue = CommitQueue()
        queue.want(0, 5)
        queue.want(1, 5)
        #expect(queue.take(now: time(1_000), atOnce: false) == [0: 5, 1: 5])
        queue.forget(0)
        queue.failed([0: 5, 1: 5], now: time(1_000))
        #expect(!queue.isOutstanding(0))
        #expect(queue.take(now: time(2_000), atOnce: false) == [1: 5])
    }
}
