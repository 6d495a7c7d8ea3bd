import Bytes
import Scheduling
import Testing

@testable import ClockworkClient

@Suite struct RequestTests {
    private static let request = ScheduleRequest(
        clientID: "shop",
        scheduleKey: "order-7",
        scheduleTimeMilliseconds: 1_798_131_600_000,
        taskData: "hello",
        delivery: .topic("order-reminders")
    )

    private func text(_ json: [UInt8]) -> String {
        String(decoding: json, as: UTF8.self)
    }

    @Test func `a create is written as the contract has it`() {
        #expect(
            text(Self.request.json)
                == #"{"clientId":"shop","scheduleKey":"order-7","scheduleTime":1798131600000,"#
                + #""taskData":"hello","delivery":{"topic":"order-reminders"}}"#
        )
        #expect(text(Self.request.recordKey) == "order-7")
        var ordered = Self.request
        ordered.orderingKey = "customer-1"
        #expect(text(ordered.json).contains(#""scheduleKey":"order-7","orderingKey":"customer-1","scheduleTime""#))
        #expect(text(ordered.recordKey) == "customer-1")
    }

    @Test func `a callback says only what it is asked to`() throws {
        var request = Self.request
        request.delivery = .url("https://example.com/hook")
        #expect(text(request.json).hasSuffix(#""delivery":{"url":"https://example.com/hook"}}"#))
        try request.validate()
        var options = CallbackOptions()
        options.headers = ["X-B": "2", "X-A": "1"]
        options.maxBackoffMilliseconds = 60_000
        options.isOrdered = false
        request.delivery = .url("http://example.com/hook", options: options)
        #expect(
            text(request.json).hasSuffix(
                #""delivery":{"url":"http://example.com/hook","headers":{"X-A":"1","X-B":"2"},"#
                    + #""retry":{"maxBackoffMs":60000},"ordered":false}}"#
            )
        )
        try request.validate()
        options.timeoutMilliseconds = 0
        request.delivery = .url("example.com", options: options)
        let error = #expect(throws: InvalidRequest.self) { try request.validate() }
        #expect(error?.errors.map(\.field) == ["delivery.url", "delivery.timeoutMs"])
    }

    @Test func `the status of a callback is read and written`() throws {
        let json =
            #"{"clientId":"c","scheduleKey":"k","orderingKey":"k","scheduleTime":7,"delivery":{"url":"https://a/","#
            + #""method":"POST","timeoutMs":10000,"retry":{"maxAttempts":8,"initialBackoffMs":1000,"#
            + #""maxBackoffMs":3600000},"ordered":true},"status":"PENDING","partition":1,"offset":2,"attempt":3,"#
            + #""nextAttemptTime":99,"lastFailure":"answered 503"}"#
        let status = try #require(JSONValue(json.utf8).flatMap { ScheduleStatus($0, isFinal: true) })
        #expect(status.attempt == 3)
        #expect(status.nextAttemptTimeMilliseconds == 99)
        #expect(status.lastFailure == "answered 503")
        #expect(status.delivery?.options.isOrdered == true)
        #expect(status.json == json)
    }

    @Test func `a cancel is written as the contract has it`() {
        let cancel = CancelRequest(clientID: "shop", scheduleKey: "order-7", orderingKey: "customer-1")
        #expect(
            text(cancel.json)
                == #"{"action":"cancel","clientId":"shop","scheduleKey":"order-7","orderingKey":"customer-1"}"#
        )
        #expect(text(CancelRequest(clientID: "a", scheduleKey: "b").body) == #"{"clientId":"a","scheduleKey":"b"}"#)
    }

    @Test(arguments: [
        "", "plain", "quote \" and \\ and / and \u{7F}", "\u{0}\u{1}\n\r\t\u{1F}", "ü ß 日本 😀 \u{2028}\u{FEFF}",
        #"{"json":"inside"}"#, String(repeating: "x", count: 100_000),
    ])
    func `the service reads back what was written`(payload: String) throws {
        var request = Self.request
        request.taskData = payload
        request.orderingKey = "o" + payload.prefix(20)
        try request.validate()
        let rules = RequestRules(
            maxPayloadBytes: 358_400,
            topicPolicy: TopicPolicy(intakeTopic: "in", deadLetterTopic: "dead")
        )
        let decoded = try request.json.withUnsafeBytes { try RequestDecoder(rules: rules).decode(body: $0) }
        guard case .create(let schedule) = decoded.request else {
            Issue.record("no create")
            return
        }
        #expect(schedule.payload == Array(payload.utf8))
        #expect(schedule.orderingKey == request.orderingKey)
        #expect(schedule.key == ScheduleKey(clientID: "shop", scheduleKey: "order-7"))
        #expect(schedule.position.time.rawValue == request.scheduleTimeMilliseconds)
        #expect(schedule.target == .topic("order-reminders"))
        #expect(!request.json.contains(UInt8(ascii: "\n")))
    }

    @Test func `every wrong field is told`() {
        let request = ScheduleRequest(
            clientID: "",
            scheduleKey: String(repeating: "k", count: 513),
            orderingKey: "",
            scheduleTimeMilliseconds: -1,
            taskData: String(repeating: "x", count: 358_401),
            delivery: .topic("no such/topic")
        )
        let error = #expect(throws: InvalidRequest.self) { try request.validate() }
        #expect(
            error?.errors.map(\.field)
                == ["clientId", "scheduleKey", "orderingKey", "taskData", "delivery.topic", "scheduleTime"]
        )
        #expect(error?.description.hasPrefix("clientId must have 1 to 128 bytes, not 0; scheduleKey ") == true)
    }

    @Test func `the limits themselves are allowed`() throws {
        try ScheduleRequest(
            clientID: String(repeating: "c", count: 128),
            scheduleKey: String(repeating: "k", count: 512),
            orderingKey: String(repeating: "o", count: 1_024),
            scheduleTimeMilliseconds: 253_402_300_799_999,
            taskData: String(repeating: "x", count: 358_400),
            delivery: .topic(String(repeating: "t", count: 249))
        ).validate()
        try CancelRequest(clientID: "c", scheduleKey: "k").validate()
        #expect(throws: InvalidRequest.self) { try CancelRequest(clientID: "c", scheduleKey: "").validate() }
    }

    @Test func `a topic that the service may call its own is for the service to refuse`() throws {
        var request = Self.request
        request.delivery = .topic("schedule-create")
        try request.validate()
        request.delivery = .topic("__consumer_offsets")
        #expect(throws: InvalidRequest.self) { try request.validate() }
    }
}
