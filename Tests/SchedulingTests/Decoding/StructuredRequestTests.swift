import Scheduling
import Testing

@Suite("A structured request")
struct StructuredRequestTests {
    @Test func `a structured request becomes a schedule with every field in its place`() throws {
        var record = RecordFixture(json: StructuredFixture.json(["note": #"{"a":[1,{"b":null}],"topic":7}"#]))
        record.headers = [
            (Array("trace".utf8), Array("1".utf8)), (Array("clockwork-id".utf8), nil), (Array("trace".utf8), nil),
            (Array("".utf8), []),
        ]
        var headers = RecordHeaders()
        headers.append(name: "trace", value: "1")
        Array("trace".utf8).withUnsafeBytes { headers.append(name: $0, value: nil) }
        headers.append(name: "", value: "")
        let expected = Schedule(
            key: ScheduleKey(clientID: "client", scheduleKey: "key"),
            position: Position(time: EpochMilliseconds(rawValue: 1_700_000_000_000), offset: 42),
            orderingKey: "order",
            target: .topic("out"),
            payload: Array("payload".utf8),
            headers: headers
        )
        #expect(try record.decode() == .create(expected))
    }

    @Test func `a cancel needs its two keys alone, and create-only fields may be there`() throws {
        let key = ScheduleKey(clientID: "c", scheduleKey: "k")
        let short = RecordFixture(json: #"{"action":"cancel","clientId":"c","scheduleKey":"k"}"#)
        #expect(try short.decode() == .cancel(Cancellation(key: key, orderingKey: "order", offset: 42)))
        let full = RecordFixture(
            json: StructuredFixture.json(["action": #""cancel""#, "delivery": #"{"topic":"__anything"}"#])
        )
        let fullKey = ScheduleKey(clientID: "client", scheduleKey: "key")
        #expect(try full.decode() == .cancel(Cancellation(key: fullKey, orderingKey: "order", offset: 42)))
    }

    @Test func `escapes in names and values are resolved`() throws {
        let json = StructuredFixture.json([
            "clientId": nil, #"cl\u0069ent\u0049d"#: #""\u00e9\ud83d\ude00""#,
            "taskData": #""a\"b\\c\/d\b\f\n\r\t\u0000\u007F\u0080\u07ff\u0800\uFFFF\uD800\uDC00\uDBFF\uDFFFz""#,
            "delivery": #"{"\u0074opic":"\u006fut"}"#,
        ])
        let schedule = try RecordFixture(json: json).schedule()
        #expect(schedule.key.clientID == "é😀")
        let expected = "a\"b\\c/d\u{8}\u{C}\n\r\t\0\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}z"
        #expect(schedule.payload == Array(expected.utf8))
        #expect(schedule.target == .topic("out"))
    }

    @Test func `the record key serves as ordering key, and the alias scheduleId as schedule key`() throws {
        let json = StructuredFixture.json(["orderingKey": nil, "scheduleKey": nil, "scheduleId": #""id""#])
        let schedule = try RecordFixture(json: json).schedule()
        #expect(schedule.orderingKey == "order")
        #expect(schedule.key.scheduleKey == "id")
    }

    @Test func `an empty payload is distinguished from none`() throws {
        #expect(try RecordFixture(json: StructuredFixture.json(["taskData": #""""#])).schedule().payload == [])
        #expect(
            outcome(RecordFixture(json: StructuredFixture.json(["taskData": nil])).rejection())
                == "missing-field taskData"
        )
    }

    @Test(
        arguments: [
            // Required fields.
            (["clientId": nil], "missing-field clientId"),
            (["scheduleKey": nil], "missing-field scheduleKey"),
            (["orderingKey": nil], "accepted"),
            (["taskData": nil], "missing-field taskData"),
            (["delivery": nil], "missing-field delivery"),
            (["scheduleTime": nil], "missing-field scheduleTime"),
            (["clientId": nil, "scheduleTime": nil], "missing-field clientId scheduleTime"),
            // All that is wrong is listed in the order of the table; the first gives the code.
            (["scheduleTime": "-1", "clientId": nil, "action": "1"], "invalid-field action clientId scheduleTime"),
            (["scheduleTime": nil, "clientId": "1"], "invalid-field clientId scheduleTime"),
            // Types and null.
            (["action": "null"], "invalid-field action"),
            (["action": #""Create""#], "invalid-field action"),
            (["action": #""create""#], "accepted"),
            (["action": #""delete""#, "taskData": nil], "invalid-field action"),
            (["clientId": "null"], "invalid-field clientId"),
            (["clientId": "[]"], "invalid-field clientId"),
            (["scheduleKey": "true"], "invalid-field scheduleKey"),
            (["orderingKey": "null"], "invalid-field orderingKey"),
            (["taskData": "null"], "invalid-field taskData"),
            (["taskData": #"{"a":1}"#], "invalid-field taskData"),
            (["delivery": "null"], "invalid-field delivery"),
            (["delivery": #""out""#], "invalid-field delivery"),
            (["delivery": "[]"], "invalid-field delivery"),
            (["scheduleTime": "null"], "invalid-field scheduleTime"),
            (["scheduleTime": #""1700000000000""#], "invalid-field scheduleTime"),
            (["scheduleTime": "false"], "invalid-field scheduleTime"),
            // The alias.
            (["scheduleId": #""id""#], "invalid-field scheduleKey"),
            (["scheduleKey": nil, "scheduleId": "null"], "invalid-field scheduleId"),
            (["scheduleKey": "null", "scheduleId": "null"], "invalid-field scheduleKey"),
            // The target.
            (["delivery": "{}"], "missing-field delivery.topic"),
            (["delivery": #"{"method":"POST"}"#], "missing-field delivery.topic"),
            (["delivery": #"{"topic":"out","method":null}"#], "accepted"),
            (["delivery": #"{"topic":null}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":["out"]}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":""}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":"a b"}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":"é"}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":"."}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"topic":"..", "x":1}"#], "invalid-field delivery.topic delivery.x"),
            (["delivery": #"{"topic":"out", "retries":1, "more":1}"#], "invalid-field delivery.retries"),
            (["delivery": #"{"topic":"..."}"#], "accepted"),
            (["delivery": #"{"topic":"out","topic":"out"}"#], "invalid-field delivery.topic"),
            (["delivery": #"{"url":"http://example.com"}"#], "invalid-field delivery.url"),
            (["delivery": #"{"url":null}"#], "invalid-field delivery.url"),
            (["delivery": #"{"url":"https://example.com","topic":"out"}"#], "invalid-field delivery"),
            (["delivery": #"{"topic":"schedule-create"}"#], "topic-not-allowed delivery.topic"),
            (["delivery": #"{"topic":"schedule-dead-letters"}"#], "topic-not-allowed delivery.topic"),
            (["delivery": #"{"topic":"__consumer_offsets"}"#], "topic-not-allowed delivery.topic"),
            (["delivery": #"{"topic":"_out"}"#], "accepted"),
            // The time.
            (["scheduleTime": "0"], "accepted"),
            (["scheduleTime": "253402300799999"], "accepted"),
            (["scheduleTime": "253402300800000"], "invalid-field scheduleTime"),
            (["scheduleTime": "999999999999999999999999999999"], "invalid-field scheduleTime"),
            (["scheduleTime": "-0"], "invalid-field scheduleTime"),
            (["scheduleTime": "-5"], "invalid-field scheduleTime"),
            (["scheduleTime": "1.0"], "invalid-field scheduleTime"),
            (["scheduleTime": "1e3"], "invalid-field scheduleTime"),
            (["scheduleTime": "1E+3"], "invalid-field scheduleTime"),
            (["scheduleTime": "01"], "invalid-json"),
            (["scheduleTime": "+1"], "invalid-json"),
            (["scheduleTime": "1."], "invalid-json"),
            // A cancel.
            (["action": #""cancel""#, "taskData": nil, "delivery": nil, "scheduleTime": nil], "accepted"),
            (["action": #""cancel""#, "taskData": "null", "delivery": "1"], "invalid-field taskData delivery"),
            (["action": #""cancel""#, "scheduleTime": "-1"], "invalid-field scheduleTime"),
            (["action": #""cancel""#, "clientId": nil], "missing-field clientId"),
        ] as [(KeyValuePairs<String, String?>, String)]
    )
    func `a structured request is judged field by field`(_ changes: KeyValuePairs<String, String?>, expected: String) {
        #expect(outcome(RecordFixture(json: StructuredFixture.json(changes)).rejection()) == expected, "\(changes)")
    }

    @Test(
        arguments: [
            ("clientId", #""client""#), ("scheduleKey", "1"), ("orderingKey", "null"), ("taskData", #""payload""#),
            ("delivery", #"{"topic":"out"}"#), ("delivery", "null"), ("scheduleTime", "1700000000000"),
            (#"client\u0049d"#, #""client""#),
        ]
    )
    func `a known field must not be named twice, whatever the values`(name: String, json: String) {
        let text = StructuredFixture.json().dropLast() + ",\"\(name)\":\(json)}"
        let field = name == #"client\u0049d"# ? "clientId" : name
        let rejection = RecordFixture(json: String(text)).rejection()
        #expect(outcome(rejection) == "invalid-field \(field)")
        #expect(rejection?.errors.first?.message == "is given more than once")
    }

    @Test func `a record that is not JSON is rejected with the name of its misspelt header`() {
        for json in ["payload", nil] {
            var record = RecordFixture(json: json)
            record.headers = [(Array("Clockwork-Schedule-Time".utf8), Array("0".utf8))]
            #expect(outcome(record.rejection()) == "invalid-field Clockwork-Schedule-Time")
        }
        var record = RecordFixture(json: StructuredFixture.json())
        record.headers = [(Array("clockwork-client".utf8), nil)]
        #expect(outcome(record.rejection()) == "invalid-field clockwork-client")
    }

    @Test func `a request without a record lists the members that it ignores, a few of them`() throws {
        func ignored(_ json: String) throws -> [String] {
            let decoder = RequestDecoder(rules: RecordFixture.rules)
            return try Array(json.utf8).withUnsafeBytes { try decoder.decode(body: $0) }.ignoredMembers
        }
        #expect(try ignored(StructuredFixture.json()) == [])
        #expect(try ignored(StructuredFixture.json(["ordering_key": #""o""#, "x": "{}"])) == ["ordering_key", "x"])
        let many = (0..<20).map { #","\#($0)":0"# }.joined()
        #expect(try ignored(StructuredFixture.json().dropLast() + many + "}").count == 8)
    }

    @Test func `unknown fields may be repeated`() {
        let text = StructuredFixture.json().dropLast() + #","x":1,"x":2,"":3,"":4}"#
        #expect(RecordFixture(json: String(text)).rejection() == nil)
    }

    @Test(
        arguments: [
            ("clientId", 128), ("scheduleKey", 512), ("orderingKey", 1_024),
        ]
    )
    func `lengths count bytes of UTF-8, with escapes resolved`(field: String, limit: Int) {
        func judge(_ text: String) -> String {
            let key = field == "orderingKey" ? text.replacing(#"\u0061"#, with: "a") : "order"
            return outcome(RecordFixture(key: key, json: StructuredFixture.json([field: "\"\(text)\""])).rejection())
        }
        #expect(judge("") == "invalid-field \(field)")
        #expect(judge("a") == "accepted")
        #expect(judge(String(repeating: "é", count: limit / 2)) == "accepted")
        #expect(judge(String(repeating: "é", count: limit / 2) + "a") == "invalid-field \(field)")
        #expect(judge(String(repeating: #"\u0061"#, count: limit)) == "accepted")
        #expect(judge(String(repeating: #"\u0061"#, count: limit + 1)) == "invalid-field \(field)")
    }

    @Test(
        arguments: [
            (nil, "missing-field orderingKey"), ([], "invalid-field orderingKey"),
            ([0xFF], "invalid-field orderingKey"),
            (Array(repeating: 0x61, count: 1_025), "invalid-field orderingKey"),
            (Array(repeating: 0x61, count: 1_024), "accepted"),
        ] as [([UInt8]?, String)]
    )
    func `a structured request needs an ordering key or a usable record key`(key: [UInt8]?, expected: String) {
        for action in ["create", "cancel"] {
            var record = RecordFixture(json: StructuredFixture.json(["action": "\"\(action)\"", "orderingKey": nil]))
            record.key = key
            #expect(outcome(record.rejection()) == expected)
        }
    }

    @Test func `payload and carried headers together may have as many bytes as the rules say`() {
        var record = RecordFixture(
            json: StructuredFixture.json(["taskData": "\"" + String(repeating: #"\n"#, count: 982) + "\""])
        )
        record.headers = [(Array("name".utf8), Array("value1".utf8)), (Array("clockwork-error".utf8), [1, 2, 3])]
        #expect(record.rejection() == nil)
        record.headers.append((Array("n".utf8), nil))
        #expect(outcome(record.rejection()) == "payload-too-large taskData")
        record.value = Array(#"{"action":"cancel","clientId":"c","scheduleKey":"k"}"#.utf8)
        record.headers.append((Array("big".utf8), Array(repeating: 0, count: 5_000)))
        #expect(record.rejection() == nil, "a cancel delivers nothing")
    }

    @Test(arguments: ["create", "cancel"])
    func `a given ordering key must be the record key`(action: String) throws {
        let json = StructuredFixture.json(["action": "\"\(action)\"", "orderingKey": #""or\u0064er""#])
        #expect(RecordFixture(key: "order", json: json).rejection() == nil)
        for key in [nil, "", "other", "orde", "order2"] as [String?] {
            let rejection = RecordFixture(key: key, json: json).rejection()
            #expect(rejection?.code == .invalidField)
            #expect(rejection?.errors.map(\.field) == ["orderingKey"])
            #expect(rejection?.detail.contains("record key") == true)
        }
    }

    @Test(arguments: [("0", true), ("1", false), ("1798131600", false)])
    func `a time in seconds is refused`(time: String, isAccepted: Bool) {
        for (time, isAccepted) in [(time, isAccepted), ("999999999999", false), ("1000000000000", true)] {
            let rejection = RecordFixture(json: StructuredFixture.json(["scheduleTime": time])).rejection()
            #expect((rejection == nil) == isAccepted, "\(time)")
            #expect(isAccepted || rejection?.detail.contains("seconds") == true)
        }
    }

    @Test
    func `without a record the ordering key is the schedule key, and the caller sets the action`() throws {
        func decode(_ json: String, _ action: RequestAction = .create) throws -> Request {
            let decoder = RequestDecoder(rules: RecordFixture.rules)
            return try Array(json.utf8).withUnsafeBytes { try decoder.decode(body: $0, action: action).request }
        }
        guard case .create(let schedule) = try decode(StructuredFixture.json(["orderingKey": nil])) else {
            Issue.record("not a create")
            return
        }
        #expect(schedule.orderingKey == "key")
        #expect(schedule.position.offset == -1)
        let cancel = Cancellation(
            key: ScheduleKey(clientID: "c", scheduleKey: "k"),
            orderingKey: nil,
            offset: -1
        )
        #expect(try decode(#"{"clientId":"c","scheduleKey":"k"}"#, .cancel) == .cancel(cancel))
        #expect(throws: Rejection.self) { try decode(#"{"clientId":"c","scheduleKey":"k"}"#) }
    }

    @Test func `a request without a record counts the headers that the record will have`() throws {
        var headers = RecordHeaders()
        headers.append(name: "name", value: "value1")
        headers.append(name: "clockwork-error", value: "123")
        func decode(payload: Int) throws -> Request {
            let json = StructuredFixture.json(["taskData": "\"" + String(repeating: "x", count: payload) + "\""])
            return try headers.withViews { headers in
                try Array(json.utf8).withUnsafeBytes { body in
                    try RequestDecoder(rules: RecordFixture.rules).decode(body: body, headers: headers).request
                }
            }
        }
        guard case .create(let schedule) = try decode(payload: 982) else {
            Issue.record("not a create")
            return
        }
        var carried = RecordHeaders()
        carried.append(name: "name", value: "value1")
        #expect(schedule.headers == carried)
        let rejection = #expect(throws: Rejection.self) { try decode(payload: 983) }
        #expect(rejection?.code == .payloadTooLarge)
    }
}
