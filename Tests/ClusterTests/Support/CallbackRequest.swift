import Foundation
import ScriptedServer

/// A request for a callback, in structured form.
struct CallbackRequest {
    var key: String
    var orderingKey: String
    var url: String
    /// Further members of `delivery` as JSON, each with a comma in front.
    var members: String
    /// Epoch milliseconds.
    var time: Int64

    init(_ key: String, orderingKey: String? = nil, url: String, _ members: String = "", time: Int64) {
        self.key = key
        self.orderingKey = orderingKey ?? key
        self.url = url
        self.members = members
        self.time = time
    }

    /// The payload of a schedule: JSON, which the reference implementation of Standard Webhooks wants to read.
    static func payload(_ key: String) -> String { quoted("payload of \(key)") }

    /// The record of the intake topic.
    var record: TestRecord {
        let json = """
            {"clientId":"client","scheduleKey":\(quoted(key)),"taskData":\(quoted(Self.payload(key))),\
            "delivery":{"url":\(quoted(url))\(members)},"scheduleTime":\(time)}
            """
        return TestRecord(key: orderingKey, value: json)
    }
}

extension ScriptedServer.Request {
    /// The path, without the query.
    var path: Substring { line.split(separator: " ")[1].prefix { $0 != "?" } }

    /// The number of the attempt.
    var attempt: Int { headers["clockwork-attempt"].flatMap { Int($0) } ?? 0 }

    /// The schedule key.
    var key: String { headers["clockwork-schedule-key"] ?? "" }
}
