internal import DequeModule
internal import Kafka

/// What one delivery topic has in the producer, and what waits for room there.
///
/// Belongs to the `DeliveryProducer`, which looks it up once for each record.
final class TopicRoute {
    let topic: String
    /// The topic's handle in the producer that is used now; `nil` until it is needed.
    var handle: KafkaTopic?
    /// Records in the producer, and their bytes.
    private(set) var count = 0
    private(set) var bytes = 0
    /// How many of them travel alone.
    private(set) var alone = 0
    /// Records that did not fit into the producer's queue, in order.
    var backlog: Deque<OutgoingRecord> = []

    init(topic: String) {
        self.topic = topic
    }

    var isIdle: Bool { count == 0 && backlog.isEmpty }

    /// The producer is given a record.
    func add(_ record: OutgoingRecord) {
        count += 1
        bytes += record.byteCount
        if record.isAlone { alone += 1 }
    }

    /// The producer has given it back.
    func remove(_ record: OutgoingRecord) {
        count -= 1
        bytes -= record.byteCount
        if record.isAlone { alone -= 1 }
    }
}
