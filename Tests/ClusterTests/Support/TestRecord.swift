import Kafka

/// A record to be produced, or one that was read.
struct TestRecord: Hashable {
    struct Header: Hashable, CustomStringConvertible {
        var name: String
        var value: [UInt8]?

        init(_ name: String, _ value: [UInt8]?) {
            self.name = name
            self.value = value
        }

        init(_ name: String, _ value: String) {
            self.init(name, Array(value.utf8))
        }

        var description: String { "\(name)=\(shown(value))" }
    }

    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []

    init(key: [UInt8]?, value: [UInt8]?, headers: [Header] = []) {
        self.key = key
        self.value = value
        self.headers = headers
    }

    init(key: String?, value: String?, headers: [Header] = []) {
        self.init(key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) }, headers: headers)
    }
}

/// A record that was read from a topic.
struct ReadRecord {
    var topic: String
    var partition: Int32
    var offset: Int64
    /// The record's own, epoch milliseconds: when Clockwork delivered it.
    var timestamp: Int64
    /// When the test had it in hand, epoch milliseconds.
    var arrival: Int64
    var record: TestRecord

    init(_ record: borrowing KafkaRecord, topic: String) {
        self.topic = topic
        partition = record.partition
        offset = record.offset
        timestamp = record.timestampMilliseconds
        arrival = nowMilliseconds()
        var headers: [TestRecord.Header] = []
        record.forEachHeader { name, value in
            headers.append(TestRecord.Header(String(decoding: name, as: UTF8.self), value.map(Array.init)))
        }
        self.record = TestRecord(key: record.key.map(Array.init), value: record.value.map(Array.init), headers: headers)
    }

    /// The text of the last header of this name.
    func header(_ name: String) -> String? {
        record.headers.last { $0.name == name }.flatMap { $0.value }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Bytes for people.
func shown(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "null" }
    let text = String(validating: bytes, as: UTF8.self) ?? "\(bytes.prefix(40))"
    return "“\(text.prefix(100))” (\(bytes.count) bytes)"
}
