import Scheduling
import Testing

@Suite("A request in binary form")
struct BinaryRequestTests {
    static let headers: [(String, String?)] = [
        ("clockwork-schedule-time", "1700000000000"), ("clockwork-client-id", "client"),
        ("clockwork-schedule-key", "key"), ("clockwork-delivery-topic", "out"),
    ]

    /// The valid headers with some replaced or added, or left out where the value is "-".
    static func headers(_ changes: KeyValuePairs<String, String?>) -> [(String, String?)] {
        var headers = Self.headers
        for (name, value) in changes {
            headers.removeAll { $0.0 == name }
            if value != "-" { headers.append((name, value)) }
        }
        return headers
    }

    @Test func `a binary request takes the record value as payload and carries the other headers`() throws {
        var record = RecordFixture(payload: "x", headers: [("a", "1")] + Self.headers + [("a", nil), ("b", "")])
        record.value = [0xFF, 0x00, 0xC0]
        let schedule = try record.schedule()
        #expect(schedule.key == ScheduleKey(clientID: "client", scheduleKey: "key"))
        #expect(schedule.position == Position(time: EpochMilliseconds(rawValue: 1_700_000_000_000), offset: 42))
        #expect(schedule.orderingKey == "order")
        #expect(schedule.target == .topic("out"))
        #expect(schedule.payload == [0xFF, 0x00, 0xC0])
        var carried: [String] = []
        schedule.headers.forEach { name, value in
            carried.append(
                String(decoding: name, as: UTF8.self) + "="
                    + (value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
            )
        }
        #expect(carried == ["a=1", "a=null", "b="])
    }

    @Test func `a null payload stays null, and an empty one empty`() throws {
        #expect(try RecordFixture(payload: nil, headers: Self.headers).schedule().payload == nil)
        #expect(try RecordFixture(payload: "", headers: Self.headers).schedule().payload == [])
    }

    @Test func `a binary request may be a cancel, whatever its value`() throws {
        let record = RecordFixture(
            payload: String(repeating: "x", count: 5_000),
            headers: [
                ("clockwork-action", "cancel"), ("clockwork-client-id", "c"), ("clockwork-schedule-key", "k"),
                ("clockwork-ordering-key", "order"),
            ]
        )
        let key = ScheduleKey(clientID: "c", scheduleKey: "k")
        #expect(try record.decode() == .cancel(Cancellation(key: key, orderingKey: "order", offset: 42)))
    }

    @Test func `a binary request is recognised by its schedule time or its action`() {
        let others = RecordFixture(payload: "x", headers: Self.headers(["clockwork-schedule-time": "-"]))
        #expect(outcome(others.rejection()) == "invalid-json", "the others alone do not make it binary")
        let time = RecordFixture(payload: nil, headers: [("clockwork-schedule-time", nil)])
        #expect(time.rejection()?.code == .missingField)
        let action = RecordFixture(
            payload: nil,
            headers: Self.headers([
                "clockwork-schedule-time": "-", "clockwork-action": "create",
            ])
        )
        #expect(outcome(action.rejection()) == "missing-field clockwork-schedule-time")
        let upperCase = RecordFixture(payload: "x", headers: [("Clockwork-Action", "cancel")])
        #expect(outcome(upperCase.rejection()) == "invalid-field Clockwork-Action", "names are compared byte by byte")
    }

    @Test(
        arguments: [
            ([:], "accepted"),
            (["clockwork-client-id": "-"], "missing-field clockwork-client-id"),
            (["clockwork-schedule-key": "-"], "missing-field clockwork-schedule-key"),
            (["clockwork-delivery-topic": "-"], "missing-field clockwork-delivery-topic"),
            (["clockwork-client-id": nil], "invalid-field clockwork-client-id"),
            (["clockwork-client-id": ""], "invalid-field clockwork-client-id"),
            (["clockwork-schedule-key": nil], "invalid-field clockwork-schedule-key"),
            (["clockwork-ordering-key": nil], "invalid-field clockwork-ordering-key"),
            (["clockwork-ordering-key": ""], "invalid-field clockwork-ordering-key"),
            (["clockwork-ordering-key": "order"], "accepted"),
            (["clockwork-ordering-key": "other"], "invalid-field clockwork-ordering-key"),
            (["clockwork-delivery-topic": nil], "invalid-field clockwork-delivery-topic"),
            (["clockwork-delivery-topic": "a/b"], "invalid-field clockwork-delivery-topic"),
            (["clockwork-delivery-topic": "__x"], "topic-not-allowed clockwork-delivery-topic"),
            (["clockwork-delivery-url": "https://example.com"], "invalid-field clockwork-delivery-topic"),
            (
                ["clockwork-delivery-topic": "-", "clockwork-delivery-url": "http://example.com"],
                "invalid-field clockwork-delivery-url"
            ),
            (["clockwork-action": "create"], "accepted"),
            (["clockwork-action": "CREATE"], "invalid-field clockwork-action"),
            (["clockwork-action": nil], "invalid-field clockwork-action"),
            (["clockwork-schedule-time": "0"], "accepted"),
            (["clockwork-schedule-time": "253402300799999"], "accepted"),
            (["clockwork-schedule-time": "253402300800000"], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": ""], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": nil], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": "00"], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": "01"], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": "-1"], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": " 1"], "invalid-field clockwork-schedule-time"),
            (["clockwork-schedule-time": "1e3"], "invalid-field clockwork-schedule-time"),
            (["clockwork-unknown": nil], "invalid-field clockwork-unknown"),
            (["Clockwork-Unknown": "1"], "invalid-field Clockwork-Unknown"),
            (["CLOCKWORK-ACTION": "create"], "invalid-field CLOCKWORK-ACTION"),
            (["clockwork": "1", "clockwor-id": "1", "clockwork\r": "1", "C": "1"], "accepted"),
            (
                ["clockwork-schedule-time": "x", "clockwork-client-id": "-", "clockwork-delivery-topic": nil],
                "missing-field clockwork-client-id clockwork-delivery-topic clockwork-schedule-time"
            ),
        ] as [(KeyValuePairs<String, String?>, String)]
    )
    func `a binary request is judged header by header`(_ changes: KeyValuePairs<String, String?>, expected: String) {
        let record = RecordFixture(payload: "x", headers: Self.headers(changes))
        #expect(outcome(record.rejection()) == expected, "\(changes)")
    }

    @Test(
        arguments: [
            "clockwork-schedule-time", "clockwork-client-id", "clockwork-schedule-key", "clockwork-delivery-topic",
            "clockwork-ordering-key", "clockwork-action",
        ]
    )
    func `a clockwork- header must not come twice`(name: String) {
        let more: [(String, String?)] = [
            ("clockwork-ordering-key", "order"), ("clockwork-action", "create"), ("own", "1"), ("own", "2"),
        ]
        let headers = Self.headers + more
        #expect(RecordFixture(payload: "x", headers: headers).rejection() == nil)
        let value = headers.first { $0.0 == name }?.1
        let repeated = RecordFixture(payload: "x", headers: headers + [(name, value)])
        #expect(outcome(repeated.rejection()) == "invalid-field \(name)")
    }

    /// What a delivered record has of Clockwork's headers.
    private static let delivered: [(String, String?)] = [
        ("clockwork-id", "in/0/7"), ("clockwork-client-id", "client"), ("clockwork-schedule-key", "key"),
        ("clockwork-schedule-time", "1700000000000"),
    ]
    private static let errors: [(String, String?)] = [
        ("clockwork-error", "unknown-topic"), ("clockwork-error-detail", "d"), ("clockwork-source", "in/0/7"),
    ]

    @Test func `a delivery's dead letter is a binary request as it is, however often it has been one`() throws {
        let headers = [("a", "1")] + Self.delivered + [("clockwork-delivery-topic", "out")] + Self.errors
        for repeats in [headers, headers + Self.errors, headers + Self.errors + [("clockwork-id", "in/0/9")]] {
            let schedule = try RecordFixture(payload: "x", headers: repeats).schedule()
            #expect(schedule.target == .topic("out"))
            #expect(schedule.position.time == EpochMilliseconds(rawValue: 1_700_000_000_000))
            #expect(schedule.payload == Array("x".utf8))
        }
        #expect(outcome(RecordFixture(payload: "x", headers: headers + headers).rejection()).hasPrefix("invalid-field"))
    }

    @Test func `a binary request may name its target by a delivery object`() throws {
        let url = #"{"url":"https://example.com/x","method":"PUT","headers":{"X-A":"b"},"timeoutMs":5}"#
        func record(_ delivery: String?) -> RecordFixture {
            RecordFixture(
                payload: "x",
                headers: Self.headers(["clockwork-delivery-topic": "-"]) + [("clockwork-delivery", delivery)]
            )
        }
        let target = try #require(try record(url).schedule().target.callback)
        #expect(target.method == .put && target.timeoutMilliseconds == 5 && target.headers.count == 1)
        // What a dead letter has.
        #expect(try record(target.json()).schedule().target == .callback(target))
        #expect(try record("{\"topic\":\"out\"}").schedule().target == .topic("out"))
        for (delivery, expected) in [
            (nil, "invalid-field clockwork-delivery"), ("[]", "invalid-field clockwork-delivery"),
            ("{", "invalid-field clockwork-delivery"), ("{} x", "invalid-field clockwork-delivery"),
            ("{}", "missing-field clockwork-delivery.topic"),
            ("{\"topic\":7}", "invalid-field clockwork-delivery.topic"),
            ("{\"topic\":\"a b\"}", "invalid-field clockwork-delivery.topic"),
            ("{\"topic\":\"out\",\"x\":1}", "invalid-field clockwork-delivery.x"),
            ("{\"topic\":\"out\",\"url\":\"https://a\"}", "invalid-field clockwork-delivery"),
            ("{\"url\":\"ftp://a\"}", "invalid-field clockwork-delivery.url"),
            (
                #"{"url":"https://a","timeoutMs":0,"retry":{"maxAttempts":0,"x":1},"ordered":7,"method":"X"}"#,
                "invalid-field clockwork-delivery.method clockwork-delivery.timeoutMs clockwork-delivery.retry.x "
                    + "clockwork-delivery.retry.maxAttempts clockwork-delivery.ordered"
            ),
        ] as [(String?, String)] {
            #expect(outcome(record(delivery).rejection()) == expected, "\(delivery ?? "null")")
        }
        let both = RecordFixture(payload: "x", headers: Self.headers + [("clockwork-delivery", "{\"topic\":\"out\"}")])
        #expect(outcome(both.rejection()) == "invalid-field clockwork-delivery.topic")
    }

    @Test func `an error says which of two values was copied from a delivered record`() {
        let copiedFirst = RecordFixture(
            payload: "x",
            headers: [("a", "1")] + Self.delivered
                + Self.headers(["clockwork-client-id": "-", "clockwork-schedule-key": "-"])
        )
        #expect(outcome(copiedFirst.rejection()) == "invalid-field clockwork-schedule-time")
        #expect(
            copiedFirst.rejection()?.detail
                == "clockwork-schedule-time is given more than once: drop the first value, which was copied from a "
                + "delivered record"
        )
        let copiedLast = RecordFixture(payload: "x", headers: Self.headers + Self.delivered)
        #expect(copiedLast.rejection()?.errors.count == 3)
        #expect(copiedLast.rejection()?.errors.allSatisfy { $0.message.contains("drop the second value") } == true)
    }

    @Test
    func `a record with all headers of a delivered one and no target is structured, if its value is JSON`() throws {
        let json = """
            {"clientId":"other","scheduleKey":"again","taskData":"y","delivery":{"topic":"out"},"scheduleTime":1000000000005}
            """
        let schedule = try RecordFixture(payload: json, headers: [("a", "1")] + Self.delivered).schedule()
        #expect(schedule.key == ScheduleKey(clientID: "other", scheduleKey: "again"))
        #expect(schedule.position.time == EpochMilliseconds(rawValue: 1_000_000_000_005))
        #expect(schedule.payload == Array("y".utf8))
        var names: [String] = []
        schedule.headers.forEach { name, _ in names.append(String(decoding: name, as: UTF8.self)) }
        #expect(names == ["a"])
        let wrong = RecordFixture(payload: "{}", headers: Self.delivered)
        #expect(outcome(wrong.rejection()).hasPrefix("missing-field clientId"))
        // A delivered record as it stands: what is missing is the target.
        for payload in ["bytes", nil] {
            let record = RecordFixture(payload: payload, headers: Self.delivered)
            #expect(outcome(record.rejection()) == "missing-field clockwork-delivery-topic")
        }
        let cancel = RecordFixture(payload: json, headers: Self.delivered + [("clockwork-action", "cancel")])
        #expect(outcome(cancel.rejection()) == "accepted")
        #expect(
            try cancel.decode()
                == .cancel(
                    Cancellation(
                        key: ScheduleKey(clientID: "client", scheduleKey: "key"),
                        orderingKey: "order",
                        offset: 42
                    )
                )
        )
    }

    @Test(
        arguments: [
            "clockwork-schedule-time", "clockwork-client-id", "clockwork-schedule-key", "clockwork-delivery-topic",
            "clockwork-ordering-key", "clockwork-action",
        ]
    )
    func `headers of a binary request must be UTF-8`(name: String) {
        var record = RecordFixture(
            payload: "x",
            headers: Self.headers(["clockwork-action": "create", "clockwork-ordering-key": "order"])
        )
        for index in record.headers.indices where record.headers[index].name == Array(name.utf8) {
            record.headers[index].value = Array("aaaaaaaaa".utf8) + [0xC3]
        }
        #expect(outcome(record.rejection()) == "invalid-field \(name)")
        #expect(record.rejection()?.errors.first?.message == "is not valid UTF-8")
    }

    @Test func `payload and carried headers together may have as many bytes as the rules say`() {
        // 4 bytes of name, 6 of value, 8 for keeping them.
        let headers = Self.headers + [("name", "value1")]
        #expect(RecordFixture(payload: String(repeating: "x", count: 982), headers: headers).rejection() == nil)
        let larger = RecordFixture(payload: String(repeating: "x", count: 983), headers: headers)
        #expect(outcome(larger.rejection()) == "payload-too-large value")
        // Many empty ones must not outgrow what a store keeps of a schedule.
        let empty = Self.headers + Array(repeating: ("", ""), count: 125)
        #expect(RecordFixture(payload: nil, headers: empty).rejection() == nil)
        #expect(outcome(RecordFixture(payload: "x", headers: empty).rejection()) == "payload-too-large value")
        let headersAlone = RecordFixture(
            payload: nil,
            headers: Self.headers + [("n", String(repeating: "x", count: 1_000))]
        )
        #expect(outcome(headersAlone.rejection()) == "payload-too-large value")
    }
}
