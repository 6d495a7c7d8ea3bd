import Foundation

/// A request in the terms of the contract, whichever form it is sent in.
struct TestRequest {
    enum Form {
        case structured
        case binary
    }

    var client = "client"
    var key: String
    var orderingKey: String
    /// The topic to be delivered to, or the URL to be called.
    var topic: String
    /// Epoch milliseconds.
    var time: Int64
    var payload: [UInt8]?
    /// Headers to be carried.
    var headers: [TestRecord.Header] = []
    var form = Form.structured
    var isCancel = false

    init(_ key: String, orderingKey: String? = nil, topic: String, time: Int64, payload: String) {
        self.key = key
        self.orderingKey = orderingKey ?? key
        self.topic = topic
        self.time = time
        self.payload = Array(payload.utf8)
    }

    /// Whether it is a URL that is to be called. No topic has such a name.
    var isCallback: Bool { topic.contains("://") }

    /// Where it is to be delivered to, in JSON. A callback is attempted until it succeeds, without long pauses.
    private var delivery: String {
        guard isCallback else { return "{\"topic\":\(quoted(topic))}" }
        let retry = #"{"maxAttempts":100,"initialBackoffMs":200,"maxBackoffMs":2000}"#
        return "{\"url\":\(quoted(topic)),\"retry\":\(retry)}"
    }

    /// A request that takes this one back.
    var cancel: TestRequest {
        var cancel = self
        cancel.isCancel = true
        return cancel
    }

    /// The record of the intake topic.
    var record: TestRecord {
        switch form {
        case .structured:
            var json = "{\"clientId\":\(quoted(client)),\"scheduleKey\":\(quoted(key))"
            json += ",\"orderingKey\":\(quoted(orderingKey))"
            if isCancel {
                json += ",\"action\":\"cancel\"}"
            } else {
                json += ",\"delivery\":\(delivery),\"scheduleTime\":\(time)"
                json += ",\"taskData\":\(quoted(String(decoding: payload ?? [], as: UTF8.self)))}"
            }
            return TestRecord(key: Array(orderingKey.utf8), value: Array(json.utf8), headers: headers)
        case .binary:
            var record = TestRecord(key: Array(orderingKey.utf8), value: isCancel ? nil : payload)
            // In front of, between and behind the request's own: where they stand must not matter.
            record.headers.append(.init("clockwork-client-id", client))
            record.headers += headers.prefix(1)
            record.headers.append(.init("clockwork-schedule-key", key))
            if isCancel {
                record.headers.append(.init("clockwork-action", "cancel"))
            } else {
                record.headers.append(.init("clockwork-schedule-time", "\(time)"))
                let target: TestRecord.Header =
                    isCallback ? .init("clockwork-delivery", delivery) : .init("clockwork-delivery-topic", topic)
                record.headers.append(target)
            }
            record.headers += headers.dropFirst()
            return record
        }
    }

    /// The record that is to be delivered, for a create at `id`. That of a callback has what the request has of it.
    func delivery(id: String) -> TestRecord {
        TestRecord(
            key: isCallback ? nil : Array(orderingKey.utf8),
            value: payload,
            headers: (isCallback ? [] : headers) + [
                .init("clockwork-id", id), .init("clockwork-client-id", client),
                .init("clockwork-schedule-key", key), .init("clockwork-schedule-time", "\(time)"),
            ]
        )
    }
}

/// Text as a JSON string.
func quoted(_ text: String) -> String {
    String(decoding: try! JSONEncoder().encode(text), as: UTF8.self)
}
