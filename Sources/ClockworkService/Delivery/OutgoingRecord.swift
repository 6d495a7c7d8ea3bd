internal import Kafka
internal import Scheduling

/// A record on its way to a topic, kept until its report says that it is there.
struct OutgoingRecord {
    /// Whose it is, and what is to be told when it is there.
    enum Purpose {
        /// The delivery of a schedule.
        case delivery(owner: UInt32, Delivery)
        /// The dead letter of a request that could not be accepted.
        case rejectedRequest(owner: UInt32, offset: Int64)
        /// The dead letter of a delivery that failed for good.
        case failedDelivery(owner: UInt32, token: UInt32)

        var owner: UInt32 {
            switch self {
            case .delivery(let owner, _), .rejectedRequest(let owner, _), .failedDelivery(let owner, _): owner
            }
        }
    }

    var purpose: Purpose
    var topic: String
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: RecordHeaders
    /// Of a dead letter: what its error detail says about the request or the delivery.
    var detail = ""
    /// Whether it is to travel in a batch of its own.
    var isAlone = false
    /// Its place among all that were sent.
    var sequence: UInt64 = 0

    /// The bytes of key, value and headers.
    var byteCount: Int {
        if case .delivery(_, let delivery) = purpose {
            let schedule = delivery.schedule
            return schedule.orderingKey.utf8.count + (schedule.payload?.count ?? 0) + headers.packed.count
        }
        return (key?.count ?? 0) + (value?.count ?? 0) + headers.packed.count
    }

    /// Hands `body` the key and the value; a delivery lends those of its schedule instead of copying them.
    func withBytes<Result>(
        _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        if case .delivery(_, let delivery) = purpose {
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
