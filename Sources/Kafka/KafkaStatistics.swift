/// What librdkafka says of itself every `statistics.interval.ms`.
///
/// [The statistics of librdkafka](https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md)
public struct KafkaStatistics: Sendable, Equatable {
    /// Records that wait in the producer's queue or for their acknowledgement.
    public var queuedRecords: Int64 = 0
    /// Bytes sent to all brokers since the client was made.
    public var sentBytes: Int64 = 0
    /// Bytes received from all brokers since the client was made.
    public var receivedBytes: Int64 = 0
    /// Brokers with a connection that is up.
    public var connectedBrokers: Int64 = 0
    /// Requests to brokers that failed or timed out since the client was made.
    public var failedRequests: Int64 = 0
    /// The slowest broker's average round trip over the interval, in microseconds.
    public var roundTripMicroseconds: Int64 = 0

    /// Nothing yet.
    public init() {}

    /// Reads the few values of interest from the JSON text and passes over the rest, which grows with the partitions.
    /// What is not there stays zero.
    init(json: UnsafeRawBufferPointer) {
        var scanner = StatisticsScanner(json)
        scanner.forEachMember { scanner, name in
            switch name {
            case "msg_cnt": queuedRecords = scanner.number()
            case "tx_bytes": sentBytes = scanner.number()
            case "rx_bytes": receivedBytes = scanner.number()
            case "brokers": scanner.forEachMember { scanner, _ in readBroker(&scanner) }
            default: scanner.skip()
            }
        }
    }

    private mutating func readBroker(_ scanner: inout StatisticsScanner) {
        scanner.forEachMember { scanner, name in
            switch name {
            case "state": connectedBrokers += scanner.isText("UP") ? 1 : 0
            case "txerrs", "rxerrs", "req_timeouts": failedRequests += scanner.number()
            case "rtt":
                scanner.forEachMember { scanner, name in
                    guard name == "avg" else { return scanner.skip() }
                    roundTripMicroseconds = max(roundTripMicroseconds, scanner.number())
                }
            default: scanner.skip()
            }
        }
    }
}
