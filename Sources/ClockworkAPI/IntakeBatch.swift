internal import ClockworkService
internal import Kafka
internal import NIOCore
internal import Runtime
internal import Scheduling

extension IntakeProducer {
    /// A request on its way into the intake.
    struct Record: Sendable {
        var key: String
        var value: ByteBuffer
        var headers: RecordHeaders
        /// The partition; `nil` lets the partitioner choose by key.
        var partition: Int32?

        /// Gives the record to a producer. The topic must be a handle of that producer.
        func produce(with place: (producer: KafkaProducer, topic: KafkaTopic), token: UInt64) -> KafkaError? {
            var key = key
            return key.withUTF8 { key in
                value.withUnsafeReadableBytes { value in
                    let key = UnsafeRawBufferPointer(key)
                    guard !headers.isEmpty else {
                        return place.producer.produce(
                            to: place.topic,
                            partition: partition,
                            key: key,
                            value: value,
                            token: token
                        )
                    }
                    var packed = KafkaHeaders()
                    headers.forEach { packed.append(name: $0, value: $1) }
                    return place.producer.produce(
                        to: place.topic,
                        partition: partition,
                        key: key,
                        value: value,
                        headers: packed,
                        token: token
                    )
                }
            }
        }
    }

    /// The place of a record.
    struct Place: Sendable, Equatable {
        var partition: Int32
        /// Kafka's own.
        var offset: Int64
    }

    /// The reason why a record has no place. A record that timed out, or whose producer was refused, may have been
    /// written all the same.
    enum Failure: Error, Sendable, Equatable {
        /// Kafka does not answer.
        case unreachable
        /// The brokers refuse the producer, for this reason. Another producer is made after a pause.
        case producerRefused(String)
        /// The producer's queue is full.
        case overloaded
        /// The brokers refuse the record as too large.
        case tooLarge
        /// The brokers refuse the record for now: the intake topic does not exist, or may not be written to.
        case refused
        /// The producer does not know the partition that the record names.
        case unknownPartition
    }

    /// Identifies a record to its producer: its batch, its index there, and whether it is sent alone.
    struct Token: RawRepresentable {
        private static let indexBits: UInt64 = 16
        private static let aloneBit: UInt64 = 1 << 15

        let rawValue: UInt64

        init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        init(batch: UInt64, index: Int) {
            rawValue = batch << Self.indexBits | UInt64(index)
        }

        var batch: UInt64 { rawValue >> Self.indexBits }
        var index: Int { Int(rawValue & (Self.aloneBit - 1)) }
        var isAlone: Bool { rawValue & Self.aloneBit != 0 }
        var alone: Token { Token(rawValue: rawValue | Self.aloneBit) }
    }
}

/// Records that are written together. Used only on the loop of their `IntakeProducer`.
final class IntakeBatch {
    typealias Results = [Result<IntakeProducer.Place, IntakeProducer.Failure>]

    let records: [IntakeProducer.Record]
    /// `nil` for a record without a report.
    var results: [Result<IntakeProducer.Place, IntakeProducer.Failure>?]
    var missing: Int
    let deadline: Uptime
    let continuation: CheckedContinuation<Results, Never>

    init(
        _ records: [IntakeProducer.Record],
        deadline: Uptime,
        continuation: CheckedContinuation<Results, Never>
    ) {
        self.records = records
        results = Array(repeating: nil, count: records.count)
        missing = records.count
        self.deadline = deadline
        self.continuation = continuation
    }
}
