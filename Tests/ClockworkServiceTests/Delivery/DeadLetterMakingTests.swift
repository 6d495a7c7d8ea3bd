import Testing

@testable import ClockworkService
@testable import Scheduling

/// The headers that Clockwork adds, and what dead letters hold.
@Suite struct DeadLetterMakingTests {
    private let headers = DeliveredHeaders(topic: "intake")

    private func schedule(retry: Retry? = nil, offset: Int64 = 9, target: DeliveryTarget = .topic("orders")) -> Schedule
    {
        var carried = RecordHeaders()
        carried.append(name: "trace", value: "1")
        return Schedule(
            key: ScheduleKey(clientID: "cliënt", scheduleKey: "key"),
            position: Position(time: EpochMilliseconds(rawValue: 1_700_000_000_077), offset: offset),
            orderingKey: "order",
            target: target,
            payload: Array("payload".utf8),
            headers: carried,
            retry: retry
        )
    }

    private var failed: Effects.FailedDelivery {
        Effects.FailedDelivery(
            delivery: Delivery(token: 5, schedule: schedule()),
            failure: DeliveryFailure(code: .unknownTopic, detail: "Topic orders does not exist.")
        )
    }

    private func rejected(key: [UInt8]?, value: [UInt8]?) -> RequestBatcher.RejectedRecord {
        var carried = RecordHeaders()
        carried.append(name: "a", value: "b")
        return RequestBatcher.RejectedRecord(
            rejection: Rejection(code: .missingField, errors: [], detail: "clientId is missing."),
            offset: 12,
            key: key,
            value: value,
            headers: carried
        )
    }

    private func text(_ headers: RecordHeaders) -> [String] {
        var lines: [String] = []
        headers.forEach { name, value in
            lines.append(
                "\(String(decoding: name, as: UTF8.self))=\(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")"
            )
        }
        return lines
    }

    @Test func `a delivered record has the request's headers, then Clockwork's`() {
        let made = headers.deliveredHeaders(of: schedule(), partition: 3)
        #expect(
            text(made) == [
                "trace=1", "clockwork-id=intake/3/9", "clockwork-client-id=cliënt", "clockwork-schedule-key=key",
                "clockwork-schedule-time=1700000000077",
            ]
        )
        #expect(text(made).count == 1 + DeliveredHeaders.deliveryCount)
    }

    @Test func `the headers of a retry name the time that the create asked for`() {
        let retry = Retry(scheduleTime: EpochMilliseconds(rawValue: 50), attempt: 2, failure: "")
        let made = headers.deliveredHeaders(of: schedule(retry: retry), partition: 3)
        #expect(text(made).last == "clockwork-schedule-time=50")
    }

    @Test func `the dead letter of a delivery is the record that would have been delivered, and why it was not`() {
        let letter = DeadLetter(failed, partition: 3, headers: headers)
        #expect(letter.subject == .delivery(token: 5))
        #expect(letter.key == Array("order".utf8))
        #expect(letter.value == Array("payload".utf8))
        #expect(
            text(letter.headers) == [
                "trace=1", "clockwork-id=intake/3/9", "clockwork-client-id=cliënt", "clockwork-schedule-key=key",
                "clockwork-schedule-time=1700000000077", "clockwork-delivery-topic=orders",
                "clockwork-error=unknown-topic",
                "clockwork-error-detail=Topic orders does not exist.", "clockwork-source=intake/3/9",
            ]
        )
    }

    @Test func `the dead letter of a request is the record as it came, and what is wrong with it`() {
        let letter = DeadLetter(rejected(key: nil, value: [1, 2]), partition: 0, headers: headers)
        #expect(letter.subject == .request(offset: 12))
        #expect(letter.key == nil)
        #expect(letter.value == [1, 2])
        #expect(
            text(letter.headers) == [
                "a=b", "clockwork-error=missing-field", "clockwork-error-detail=clientId is missing.",
                "clockwork-source=intake/0/12",
            ]
        )
    }

    @Test func `a dead letter is cut by its value first, then by the carried headers, then by its key`() throws {
        let letter = DeadLetter(rejected(key: [9], value: [1, 2, 3]), partition: 0, headers: headers)
        let half = try #require(letter.cut())
        #expect(half.value == [1])
        #expect(half.key == [9])
        #expect(text(half.headers).count == 5)
        #expect(text(half.headers).last == "clockwork-cut=value")
        #expect(text(half.headers)[2] == "clockwork-error-detail=clientId is missing. (the value is cut to 1 bytes)")
        let empty = try #require(half.cut())
        #expect(empty.value == [])
        #expect(text(empty.headers)[2] == "clockwork-error-detail=clientId is missing. (the value is cut to 0 bytes)")
        let own = try #require(empty.cut())
        #expect(
            text(own.headers) == [
                "clockwork-error=missing-field",
                "clockwork-error-detail=clientId is missing. (value and carried headers are left out)",
                "clockwork-source=intake/0/12", "clockwork-cut=value, headers",
            ]
        )
        #expect(own.key == [9])
        let bare = try #require(own.cut())
        #expect(bare.key == nil)
        #expect(bare.subject == letter.subject)
        #expect(
            text(bare.headers)[1]
                == "clockwork-error-detail=clientId is missing. (key, value and carried headers are left out)"
        )
        #expect(text(bare.headers).last == "clockwork-cut=key, value, headers")
        #expect(bare.cut() == nil)
    }

    @Test func `the dead letter of a delivery keeps the headers that say which delivery it was`() throws {
        var letter = DeadLetter(failed, partition: 3, headers: headers)
        for _ in 0..<3 { letter = try #require(letter.cut()) }
        #expect(letter.value == [])
        letter = try #require(letter.cut())
        #expect(text(letter.headers).map { $0.prefix { $0 != "=" } }.first == "clockwork-id")
        #expect(text(letter.headers).count == 9)
    }

    @Test func `the errors of an earlier dead letter give way to the new ones`() throws {
        var rejected = rejected(key: nil, value: [1])
        rejected.headers.append(name: "clockwork-error", value: "invalid-json")
        rejected.headers.append(name: DeliveredHeaders.detailHeader, value: "earlier")
        rejected.headers.append(name: "clockwork-source", value: "intake/0/1")
        rejected.headers.append(name: "b", value: "c")
        let letter = DeadLetter(rejected, partition: 0, headers: headers)
        #expect(
            text(letter.headers) == [
                "a=b", "b=c", "clockwork-error=missing-field", "clockwork-error-detail=clientId is missing.",
                "clockwork-source=intake/0/12",
            ]
        )
    }

    @Test func `a dead letter without a key can get one made of its source, which no cut takes away`() throws {
        #expect(DeadLetter(rejected(key: [9], value: [1]), partition: 0, headers: headers).keyed() == nil)
        var letter = try #require(DeadLetter(rejected(key: nil, value: [1]), partition: 0, headers: headers).keyed())
        #expect(letter.key == Array("intake/0/12".utf8))
        #expect(letter.value == [1])
        #expect(text(letter.headers)[2].contains("(the key is made of the source, "))
        #expect(letter.keyed() == nil)
        while let less = letter.cut() { letter = less }
        #expect(letter.key == Array("intake/0/12".utf8))
        #expect(letter.value == [])
        // In whatever order it loses its value and gets its key.
        let cut = try #require(DeadLetter(rejected(key: nil, value: [1, 2]), partition: 0, headers: headers).cut())
        let keyed = try #require(cut.keyed())
        #expect(text(keyed.headers).last == "clockwork-cut=value")
    }

    /// What the intake makes of a dead letter that is sent again as it is.
    private func decode(_ letter: DeadLetter, policy: CallbackPolicy = CallbackPolicy()) throws -> Request {
        let rules = RequestRules(
            maxPayloadBytes: 1_000,
            topicPolicy: TopicPolicy(intakeTopic: "intake", deadLetterTopic: "dead"),
            callbackPolicy: policy
        )
        return try letter.headers.withViews { views throws in
            try (letter.key ?? []).withUnsafeBytes { key in
                try (letter.value ?? []).withUnsafeBytes { value in
                    let record = RecordView(
                        offset: 20,
                        key: letter.key == nil ? nil : key,
                        value: letter.value == nil ? nil : value,
                        headers: views
                    )
                    return try RequestDecoder(rules: rules).decode(record)
                }
            }
        }
    }

    @Test func `the dead letter of a delivery is a request for it, and so is that of the next failure`() throws {
        var failure = failed
        for _ in 0..<3 {
            let letter = DeadLetter(failure, partition: 3, headers: headers)
            #expect(text(letter.headers).count == 9)
            guard case .create(let again) = try decode(letter) else {
                Issue.record("no create")
                return
            }
            #expect(again == schedule(offset: 20))
            failure = Effects.FailedDelivery(
                delivery: Delivery(token: 5, schedule: again),
                failure: failure.failure
            )
        }
    }

    @Test func `the dead letter of a callback names all that the callback was to be`() throws {
        let json = #"{"url":"https://example.com/a?b","method":"PATCH","headers":{"X-Any":"v\"w"},"ordered":true}"#
        let target = DeliveryTarget.callback(try #require(CallbackTarget(json: json)))
        let letter = DeadLetter(
            Effects.FailedDelivery(
                delivery: Delivery(token: 1, schedule: schedule(target: target)),
                failure: DeliveryFailure(code: .callbackFailed, detail: "d")
            ),
            partition: 0,
            headers: headers
        )
        guard case .create(let again) = try decode(letter) else {
            Issue.record("no create")
            return
        }
        #expect(again.target == target)
    }

    private func refusal(of letter: DeadLetter) -> Rejection? {
        do {
            _ = try decode(letter)
            return nil
        } catch {
            return error as? Rejection
        }
    }

    @Test func `a dead letter that was cut is no request, whatever it has lost`() throws {
        var letter = DeadLetter(failed, partition: 3, headers: headers)
        #expect(refusal(of: letter) == nil)
        var lost: [String] = []
        while let less = letter.cut() {
            letter = less
            let refused = try #require(refusal(of: letter))
            #expect(refused.errors.last?.field == "clockwork-cut", "\(refused)")
            #expect(refused.errors.last?.message.contains("put back what it names") == true)
            if let parts = text(letter.headers).last, parts != lost.last { lost.append(parts) }
        }
        #expect(lost == ["value", "value, headers", "key, value, headers"].map { "clockwork-cut=\($0)" })
    }

    /// The dead letter of the request that a cut one makes says the same, however small it is.
    @Test func `a dead letter that was cut and is sent again stays marked`() throws {
        let cut = try #require(DeadLetter(failed, partition: 3, headers: headers).cut())
        var again = rejected(key: cut.key, value: cut.value)
        again.rejection = try #require(refusal(of: cut))
        again.headers = cut.headers
        let letter = DeadLetter(again, partition: 3, headers: headers)
        #expect(text(letter.headers).contains("clockwork-cut=value"))
        #expect(refusal(of: letter)?.code == .invalidField)
        let twice = try #require(letter.cut())
        #expect(text(twice.headers).filter { $0.hasPrefix("clockwork-cut") } == ["clockwork-cut=value"])
        // Whole again, it is a request.
        again.value = Array("payload".utf8)
        again.headers = again.headers.without(["clockwork-cut"])
        #expect(refusal(of: DeadLetter(again, partition: 3, headers: headers)) == nil)
    }
}
