internal import Kafka
internal import Scheduling

/// The clocks of a pod, of which one stands still while its group may have given its partitions away.
struct PodClock {
    private let consumer: KafkaConsumer
    /// What the wall clock showed when the pod last was sure of its place in the group.
    private var lastSureTime = EpochMilliseconds.zero

    init(_ consumer: KafkaConsumer) {
        self.consumer = consumer
    }

    /// Reads the clocks.
    ///
    /// Design rule "Sure of its place": the wall clock is read first; a pod that is stopped in between then sees a time
    /// from before.
    mutating func read() -> Moment {
        let wall = WallClock.now()
        let isSure = consumer.isWithinSession
        if isSure { lastSureTime = wall }
        return Moment(wall: isSure ? wall : min(wall, lastSureTime), uptime: Uptime.now(), isSure: isSure)
    }
}
