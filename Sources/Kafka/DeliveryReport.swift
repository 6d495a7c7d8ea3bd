/// The outcome of one produced record.
public struct DeliveryReport: Sendable, Equatable {
    /// The token given to `KafkaProducer.produce`.
    public var token: UInt64
    /// Why the record was given up; `nil` when all in-sync replicas have it.
    public var error: KafkaError?
    /// The partition it was meant for, -1 when none had been chosen.
    public var partition: Int32
    /// The offset it got, below zero when unknown.
    public var offset: Int64
    /// Its timestamp in epoch milliseconds, -1 when unknown.
    public var timestampMilliseconds: Int64

    /// A report from its parts.
    public init(token: UInt64, error: KafkaError?, partition: Int32, offset: Int64, timestampMilliseconds: Int64) {
        self.token = token
        self.error = error
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
    }
}
