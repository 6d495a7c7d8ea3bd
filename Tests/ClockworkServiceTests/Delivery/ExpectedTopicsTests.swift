import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct ExpectedTopicsTests {
    private static func moment(_ milliseconds: Int64) -> Moment {
        Moment(
            wall: EpochMilliseconds(rawValue: 1_800_000_000_000 + milliseconds),
            uptime: Uptime(milliseconds: 1_000 + milliseconds)
        )
    }

    private static func due(_ milliseconds: Int64) -> EpochMilliseconds { moment(milliseconds).wall }
    private static func uptime(_ milliseconds: Int64) -> Uptime { moment(milliseconds).uptime }

    @Test func `A topic is connected at once when it is first expected, and not again for the next schedule`() {
        var topics = ExpectedTopics()
        #expect(topics.wakeAt == nil)
        #expect(topics.expect("a", due: Self.due(60_000), now: Self.moment(0)) == true)
        #expect(topics.wakeAt == .zero)
        #expect(topics.takeDue(now: Self.uptime(0)) == ["a"])
        #expect(topics.expect("a", due: Self.due(90_000), now: Self.moment(1)) == false)
        #expect(topics.takeDue(now: Self.uptime(1)) == [])
    }

    @Test func `Until its last schedule is due a topic is asked every so often, and not after that`() {
        var topics = ExpectedTopics()
        let interval = ExpectedTopics.interval
        _ = topics.expect("a", due: Self.due(2 * interval + 1), now: Self.moment(0))
        _ = topics.expect("b", due: Self.due(10), now: Self.moment(0))
        _ = topics.expect("a", due: Self.due(5), now: Self.moment(0))
        #expect(topics.takeDue(now: Self.uptime(0)) == ["a", "b"])
        #expect(topics.wakeAt == Self.uptime(interval))
        #expect(topics.takeDue(now: Self.uptime(interval - 1)) == [])
        #expect(topics.takeDue(now: Self.uptime(interval)) == ["a"])
        #expect(topics.takeDue(now: Self.uptime(2 * interval)) == ["a"])
        #expect(topics.takeDue(now: Self.uptime(3 * interval)) == [])
        #expect(topics.count == 0 && topics.wakeAt == nil)
    }

    @Test func `A topic that is expected again after it was forgotten is connected at once`() {
        var topics = ExpectedTopics()
        _ = topics.expect("a", due: Self.due(10), now: Self.moment(0))
        _ = topics.takeDue(now: Self.uptime(0))
        _ = topics.takeDue(now: Self.uptime(ExpectedTopics.interval))
        let now = ExpectedTopics.interval + 5
        #expect(topics.expect("a", due: Self.due(now + 10), now: Self.moment(now)) == true)
        #expect(topics.takeDue(now: Self.uptime(now)) == ["a"])
    }

    @Test func `A topic that a check has found is connected then, if it is expected`() {
        var topics = ExpectedTopics()
        _ = topics.expect("a", due: Self.due(60_000), now: Self.moment(0))
        _ = topics.takeDue(now: Self.uptime(0))
        topics.found("a")
        topics.found("b")
        #expect(topics.takeDue(now: Self.uptime(5)) == ["a"])
    }

    @Test func `What is due already is no reason to remember a topic for long`() {
        var topics = ExpectedTopics()
        _ = topics.expect("a", due: Self.due(-1_000_000), now: Self.moment(0))
        _ = topics.takeDue(now: Self.uptime(ExpectedTopics.interval))
        #expect(topics.count == 0)
    }

    @Test func `However many names come, there is a bound`() {
        var topics = ExpectedTopics()
        for number in 0..<(2 * ExpectedTopics.limit) {
            _ = topics.expect("t\(number)", due: Self.due(60_000), now: Self.moment(0))
        }
        #expect(topics.count == ExpectedTopics.limit)
    }
}
