internal import Kafka
internal import Runtime
internal import Scheduling

/// The clocks of a pod. The wall clock among them stands still while the group may have given the pod's partitions
/// away.
struct PodClock {
    private let consumer: KafkaConsumer
    /// The wall clock's time when the pod was last sure of its place in the group.
    private var lastSureTime = EpochMilliseconds.zero

    init(_ consumer: KafkaConsumer) {
        self.consumer = consumer
    }

    /// Reads the clocks.
    ///
    /// Design rule "Sure of its place": the wall clock is read first, so a pod that is stopped between the readings
    /// sees the earlier time.
    mutating func read() -> Moment {
        let wall = WallClock.now()
        let isSure = consumer.isWithinSession
        if isSure { lastSureTime = wall }
        return Moment(wall: isSure ? wall : min(wall, lastSureTime), uptime: Uptime.now(), isSure: isSure)
    }
}
