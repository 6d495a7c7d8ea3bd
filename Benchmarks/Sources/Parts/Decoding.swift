import Harness
import Scheduling

/// The decoder, both forms.
enum Decoding {
    static func run(_ harness: Harness) throws {
        let rules = RequestRules(
            maxPayloadBytes: 358_400,
            topicPolicy: TopicPolicy(intakeTopic: "in", deadLetterTopic: "dead")
        )
        let decoder = RequestDecoder(rules: rules)
        let key = Array("customer-1".utf8)
        let head = #"{"clientId":"shop","scheduleKey":"order-0000004711","scheduleTime":1800000000000,"#
        let tail = #""delivery":{"topic":"order-reminders"},"taskData":""#
        let payload = String(repeating: "x", count: 250 - head.utf8.count - tail.utf8.count - 2)
        let structured = Array((head + tail + payload + "\"}").utf8)
        precondition(structured.count == 250)
        let count = 100_000
        try key.withUnsafeBytes { key in
            try structured.withUnsafeBytes { value in
                let record = RecordView(offset: 1, key: key, value: value)
                try harness.measure("decode a structured request of 250 bytes", operations: count) {
                    for _ in 0..<count { keep(try decoder.decode(record)) }
                }
            }
            let value = [UInt8](repeating: 7, count: 200)
            let texts = [
                ("clockwork-client-id", "shop"), ("clockwork-schedule-key", "order-0000004711"),
                ("clockwork-schedule-time", "1800000000000"), ("clockwork-delivery-topic", "order-reminders"),
            ].map { (Array($0.0.utf8), Array($0.1.utf8)) }
            // The bytes live as long as the measurement.
            let headers = texts.map { name, value in
                HeaderView(name: copy(name), value: copy(value))
            }
            try value.withUnsafeBytes { value in
                let record = RecordView(offset: 1, key: key, value: value, headers: headers)
                try harness.measure("decode a binary request of 200 bytes", operations: count) {
                    for _ in 0..<count { keep(try decoder.decode(record)) }
                }
            }
        }
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(copy)
    }
}
