internal import Bytes

/// Requests that are sent in one exchange, as NDJSON: one structured request a line, applied in this order.
public struct RequestBatch: Sendable {
    /// The number of requests at which a batch is full.
    public static let maximumCount = 1_000
    /// The number of bytes at which a batch is full. The last request may exceed it.
    public static let maximumBytes = 512 * 1024

    /// The lines, each with its line end.
    private(set) var body: [UInt8] = []
    /// The number of requests.
    public private(set) var count = 0

    /// An empty batch.
    public init() {}

    /// Whether the batch is empty.
    public var isEmpty: Bool { count == 0 }

    /// Whether it is time to send the batch. More requests can be appended, but the answer may then exceed what the
    /// client reads.
    public var isFull: Bool { count >= Self.maximumCount || body.count >= Self.maximumBytes }

    /// Appends a create. The service checks it.
    public mutating func append(_ request: ScheduleRequest) {
        append(clean: request.json)
    }

    /// Appends a cancel. The service checks it.
    public mutating func append(_ request: CancelRequest) {
        append(clean: request.json)
    }

    /// Appends a structured request unchanged. The service checks it.
    ///
    /// - Returns: whether it was appended. It must be one line, and not empty.
    public mutating func append(json: [UInt8]) -> Bool {
        guard !json.contains(UInt8(ascii: "\n")), json.contains(where: { $0 > 0x20 }) else { return false }
        append(clean: json)
        return true
    }

    private mutating func append(clean json: [UInt8]) {
        body += json
        body.append(UInt8(ascii: "\n"))
        count += 1
    }
}

/// The service's answer to one request of a batch.
public enum BatchResult: Hashable, Sendable {
    /// It is in the intake topic.
    case accepted(Receipt)
    /// It was refused, and had no effect.
    case refused(Problem)

    init?(line: some Collection<UInt8>) {
        guard let json = JSONValue(line) else { return nil }
        if let receipt = Receipt(json) {
            self = .accepted(receipt)
        } else if let problem = Problem(json, status: 400) {
            self = .refused(problem)
        } else {
            return nil
        }
    }
}
