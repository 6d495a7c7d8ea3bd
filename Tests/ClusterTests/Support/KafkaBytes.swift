import Foundation

/// Pieces of messages of the Kafka protocol.
enum KafkaBytes {
    /// A number of so many bytes, the highest first.
    static func integer(_ value: Int, _ size: Int) -> Data {
        Data((0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }

    /// Text with its length in front.
    static func text(_ text: String, isFlexible: Bool = false) -> Data {
        let count = text.utf8.count
        return (isFlexible ? varint(count + 1) : integer(count, 2)) + Data(text.utf8)
    }

    /// The number of elements in front of an array.
    static func count(_ count: Int, isFlexible: Bool) -> Data {
        isFlexible ? varint(count + 1) : integer(count, 4)
    }

    /// A number that is not negative, the lowest seven bits first.
    static func varint(_ value: Int) -> Data {
        var rest = value
        var bytes = Data()
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    /// A broker's host and port, without the length of the host, which depends on the version.
    static func address(_ port: UInt16) -> Data {
        Data("127.0.0.1".utf8) + integer(Int(port), 4)
    }

    /// Replaces a text wherever it is, in either form; both are of one length.
    static func replace(text old: String, by new: String, in message: inout Data) {
        for isFlexible in [false, true] {
            replace(text(old, isFlexible: isFlexible), by: text(new, isFlexible: isFlexible), in: &message)
        }
    }

    /// Replaces each piece that is there; both are of one length.
    static func replace(_ old: Data, by new: Data, in message: inout Data) {
        var start = message.startIndex
        while let range = message.range(of: old, in: start..<message.endIndex) {
            message.replaceSubrange(range, with: new)
            start = range.upperBound
        }
    }
}

/// Reads a message of the Kafka protocol, its length in front, from one place to the next.
struct KafkaCursor {
    private let bytes: Data
    private(set) var position: Int
    /// Whether lengths and tagged fields are as in the flexible versions of a message.
    private let isFlexible: Bool

    init(_ bytes: Data, at position: Int, isFlexible: Bool) {
        self.bytes = bytes
        self.position = position
        self.isFlexible = isFlexible
    }

    mutating func skip(_ count: Int) { position += count }

    /// A number of so many bytes, the highest first.
    mutating func integer(_ size: Int) -> Int {
        let value = take(size).reduce(0) { $0 << 8 | Int($1) }
        let unused = 64 - 8 * size
        return (value << unused) >> unused
    }

    /// The number of elements of an array; 0 where there is none.
    mutating func count() -> Int {
        max(0, isFlexible ? varint() - 1 : integer(4))
    }

    /// A text, empty where there is none.
    mutating func text() -> String {
        String(decoding: take(max(0, isFlexible ? varint() - 1 : integer(2))), as: UTF8.self)
    }

    /// Skips bytes with their length in front, and gives how many there are.
    mutating func skipBytes() -> Int {
        let count = count()
        skip(count)
        return count
    }

    /// Skips what newer brokers and clients may add.
    mutating func skipTags() {
        guard isFlexible else { return }
        for _ in 0..<varint() {
            _ = varint()
            skip(varint())
        }
    }

    private mutating func varint() -> Int {
        var value = 0
        var shift = 0
        while true {
            let byte = take(1).first ?? 0
            value |= Int(byte & 0x7F) << shift
            shift += 7
            guard byte & 0x80 != 0, shift < 63 else { return value }
        }
    }

    /// The bytes that come next; none behind the end, so that a reader that goes astray ends.
    private mutating func take(_ count: Int) -> Data {
        guard position + count <= bytes.count else {
            position = bytes.count
            return Data()
        }
        defer { position += count }
        return bytes.dropFirst(position).prefix(count)
    }
}

/// What a request of the Kafka protocol begins with.
struct KafkaRequestHead {
    /// The requests that the tests have something to do with.
    enum Kind: Int {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case initProducerID = 22

        /// The first version with compact lengths and tagged fields.
        fileprivate var firstFlexible: Int {
            switch self {
            case .produce, .metadata: 9
            case .fetch: 12
            case .initProducerID: 2
            }
        }
    }

    let kind: Kind
    let version: Int
    /// The number by which the client knows the answer.
    let correlation: Data
    let isFlexible: Bool
    /// Where the request itself begins.
    let end: Int

    /// `nil` for requests of other kinds.
    init?(_ request: Data) {
        // The client's name is of the fixed-width kind in every version.
        var cursor = KafkaCursor(request, at: 4, isFlexible: false)
        guard let kind = Kind(rawValue: cursor.integer(2)) else { return nil }
        self.kind = kind
        version = cursor.integer(2)
        isFlexible = version >= kind.firstFlexible
        correlation = Data(request.dropFirst(cursor.position).prefix(4))
        cursor.skip(4)
        _ = cursor.text()
        var tags = KafkaCursor(request, at: cursor.position, isFlexible: isFlexible)
        tags.skipTags()
        end = tags.position
    }

    /// Reads an answer to it, from behind its head.
    func cursor(in answer: Data) -> KafkaCursor {
        var cursor = KafkaCursor(answer, at: 8, isFlexible: isFlexible)
        cursor.skipTags()
        return cursor
    }
}
