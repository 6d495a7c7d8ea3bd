import Runtime
import Testing

@testable import ClockworkService
@testable import Kafka

@Suite struct ObstaclesTests {
    private func uptime(_ milliseconds: Int64) -> Uptime { Uptime(milliseconds: 1_000 + milliseconds) }

    @Test func `An obstacle is told until it is gone, with the latest reason`() {
        var obstacles = Obstacles()
        #expect(obstacles.told(now: uptime(0)).isEmpty)
        obstacles.note(.producer, "a", now: uptime(0))
        #expect(obstacles.told(now: uptime(0)) == [Obstacle(.producer, "a")])
        obstacles.note(.producer, "b", now: uptime(5))
        #expect(obstacles.told(now: uptime(5)) == [Obstacle(.producer, "b")])
        obstacles.note(.producer, nil, now: uptime(6))
        #expect(obstacles.told(now: uptime(6)).isEmpty)
    }

    @Test func `What is ordinary for a moment is told once it lasts, whatever its reasons`() {
        var obstacles = Obstacles()
        obstacles.note(.log, "2 partitions", now: uptime(0))
        obstacles.note(.log, "1 partition", now: uptime(5_000))
        #expect(obstacles.told(now: uptime(9_999)).isEmpty)
        #expect(obstacles.told(now: uptime(10_000)) == [Obstacle(.log, "1 partition")])
        obstacles.note(.log, nil, now: uptime(10_001))
        obstacles.note(.log, "3 partitions", now: uptime(10_002))
        #expect(obstacles.told(now: uptime(10_003)).isEmpty)
    }

    @Test func `They are told in one order, those in the way first`() {
        var obstacles = Obstacles()
        for kind in Obstacle.Kind.allCases.reversed() { obstacles.note(kind, "x", now: uptime(0)) }
        let told = obstacles.told(now: uptime(100_000)).map(\.kind)
        #expect(told == Obstacle.Kind.allCases)
        #expect(told.prefix { $0.isInTheWay }.count == told.count { $0.isInTheWay })
    }

    @Test func `A missing right is told apart from what passes, and is not hidden by it`() {
        var place = GroupPlace()
        #expect(place.obstacle == "The pod has not joined its consumer group.")
        place.failed(KafkaError(code: 14, message: nil))
        #expect(place.obstacle?.contains("nothing need be done") == true, "a coordinator that is being loaded")
        place.failed(KafkaError(code: 30, message: nil))
        #expect(place.obstacle?.contains("GROUP_AUTHORIZATION_FAILED") == true)
        place.failed(KafkaError(code: 14, message: nil))
        #expect(place.obstacle?.contains("may not join") == true)
        place.joined()
        #expect(place.obstacle == nil && place.hasJoined)
        place.left()
        #expect(place.obstacle == "The pod has not joined its consumer group.")
    }
}
