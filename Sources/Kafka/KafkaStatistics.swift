internal import Bytes

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
        var scanner = JSONScanner(json)
        // Of a text that is cut off, what came before the end counts.
        try? read(&scanner)
    }

    private mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        try scanner.enterText()
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            switch name {
            case "msg_cnt": queuedRecords = try scanner.integer()
            case "tx_bytes": sentBytes = try scanner.integer()
            case "rx_bytes": receivedBytes = try scanner.integer()
            case "brokers": try readBrokers(&scanner)
            default: _ = try scanner.scanValue()
            }
        }
    }

    private mutating func readBrokers(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.entersObject() else { return }
        var isFirst = true
        while try scanner.nextMember(isFirst: &isFirst) != nil { try readBroker(&scanner) }
    }

    private mutating func readBroker(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.entersObject() else { return }
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            switch name {
            case "state":
                if case .string(let state) = try scanner.scanValue(), state == "UP" { connectedBrokers += 1 }
            case "txerrs", "rxerrs", "req_timeouts": failedRequests += try scanner.integer()
            case "rtt": try readRoundTrips(&scanner)
            default: _ = try scanner.scanValue()
            }
        }
    }

    private mutating func readRoundTrips(_ scanner: inout JSONScanner) throws(JSONError) {
        guard try scanner.entersObject() else { return }
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if name == "avg" {
                roundTripMicroseconds = max(roundTripMicroseconds, try scanner.integer())
            } else {
                _ = try scanner.scanValue()
            }
        }
    }
}

extension JSONScanner {
    /// The whole number that comes next; 0 for any other value.
    fileprivate mutating func integer() throws(JSONError) -> Int64 {
        if case .number(let text) = try scanValue() { text.integer ?? 0 } else { 0 }
    }

    /// Steps into the object that comes next; any other value is skipped.
    fileprivate mutating func entersObject() throws(JSONError) -> Bool {
        guard isAtObject() else {
            _ = try scanValue()
            return false
        }
        try enter()
        return true
    }
}
