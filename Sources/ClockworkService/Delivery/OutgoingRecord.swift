internal import Kafka
internal import Scheduling

/// A record on its way to a topic, kept until its report says that it is there.
///
/// A class: it goes from hand to hand, and one reference count moves it. Its headers are packed only where they differ
/// from what a delivery's schedule tells.
final class OutgoingRecord {
    /// Whose it is, and what is to be told when it is there.
    enum Purpose {
        /// The delivery of a schedule of this partition.
        case delivery(owner: UInt32, partition: Int32, Delivery)
        /// The dead letter of a request that could not be accepted.
        case rejectedRequest(owner: UInt32, offset: Int64)
        /// The dead letter of a delivery that failed for good.
        case failedDelivery(owner: UInt32, token: UInt32)

        var owner: UInt32 {
            switch self {
            case .delivery(let owner, _, _), .rejectedRequest(let owner, _), .failedDelivery(let owner, _): owner
            }
        }
    }

    let purpose: Purpose
    let topic: String
    /// Key, value and headers of a dead letter; those of a delivery are its schedule's.
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: RecordHeaders
    /// Of a dead letter: what its error detail says about the request or the delivery.
    let detail: String
    /// The bytes of key, value and headers, but for those that Clockwork adds to a delivery.
    let byteCount: Int
    /// Whether it is to travel in a batch of its own.
    var isAlone = false
    /// Its place among all that were sent.
    var sequence: UInt64 = 0

    /// A delivery.
    init(delivery: Delivery, owner: UInt32, partition: Int32, topic: String) {
        purpose = .delivery(owner: owner, partition: partition, delivery)
        self.topic = topic
        key = nil
        value = nil
        headers = RecordHeaders()
        detail = ""
        let schedule = delivery.schedule
        byteCount =
            schedule.orderingKey.utf8.count + (schedule.payload?.count ?? 0) + schedule.headers.packed.count
    }

    /// A dead letter.
    init(
        purpose: Purpose,
        topic: String,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: RecordHeaders,
        detail: String
    ) {
        self.purpose = purpose
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.detail = detail
        byteCount = (key?.count ?? 0) + (value?.count ?? 0) + headers.packed.count
    }

    /// Hands `body` the key and the value; a delivery lends those of its schedule instead of copying them.
    func withBytes<Result>(
        _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        if case .delivery(_, _, let delivery) = purpose {
            var key = delivery.schedule.orderingKey
            return key.withUTF8 { key in
                Self.lend(delivery.schedule.payload) { body(UnsafeRawBufferPointer(key), $0) }
            }
        }
        return Self.lend(key) { key in Self.lend(value) { body(key, $0) } }
    }

    private static func lend<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }
}
