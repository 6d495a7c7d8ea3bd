import Bytes
import ClockworkService
import Kafka
import Scheduling

/// A delivered record as people and scripts see it.
struct DeliveredRecord {
    var topic: String
    var partition: Int32
    var offset: Int64
    var timestamp: EpochMilliseconds
    var key: String?
    var value: [UInt8]?
    /// `clockwork-` headers by name, without the prefix; the last of each name.
    var properties: [String: String] = [:]

    init(_ record: borrowing KafkaRecord, topic: String) {
        self.topic = topic
        partition = record.partition
        offset = record.offset
        timestamp = EpochMilliseconds(rawValue: record.timestampMilliseconds)
        key = record.key.map { String(decoding: $0, as: UTF8.self) }
        value = record.value.map(Array.init)
        var properties: [String: String] = [:]
        record.forEachHeader { name, value in
            let name = String(decoding: name, as: UTF8.self)
            guard name.hasPrefix("clockwork-"), let value else { return }
            properties[String(name.dropFirst("clockwork-".count))] = String(decoding: value, as: UTF8.self)
        }
        self.properties = properties
    }

    /// When it was due, if Clockwork delivered it.
    var scheduleTime: EpochMilliseconds? {
        properties["schedule-time"].flatMap(Int64.init).map(EpochMilliseconds.init(rawValue:))
    }

    /// From the time it was due to the time it was delivered (the record's timestamp), in milliseconds.
    var lateness: Int64? {
        scheduleTime.map { timestamp.rawValue - $0.rawValue }
    }

    /// One line for people.
    var line: String {
        var parts = [timestamp.rfc3339, topic]
        if let error = properties["error"] {
            parts.append("\(error): \(properties["error-detail"] ?? "")")
        } else if let lateness {
            parts.append("\(lateness) ms late")
        }
        if let client = properties["client-id"], let key = properties["schedule-key"] {
            parts.append("\(client)/\(key)")
        }
        parts.append(value.map { Self.shown($0) } ?? "(null)")
        // Clients choose most of it, and a terminal obeys control characters.
        return StatusText.clean(parts.joined(separator: "  "))
    }

    /// One JSON object for scripts: `topic`, `partition`, `offset`, `timestamp`, `key`, `value` (text; not UTF-8 is
    /// repaired), `latenessMs`, and the `clockwork-` headers under `clockwork`.
    var json: String {
        JSONWriter.objectText { json in
            json.member("topic", topic)
            json.member("partition", partition)
            json.member("offset", offset)
            json.member("timestamp", timestamp.rawValue)
            json.member("key", orNull: key)
            json.member("value", orNull: value.map { String(decoding: $0, as: UTF8.self) })
            json.member("latenessMs", lateness)
            json.member("clockwork") { json in
                for (name, value) in properties.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
            }
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(100), as: UTF8.self)
        return bytes.count > 100 ? text + "…" : text
    }
}
