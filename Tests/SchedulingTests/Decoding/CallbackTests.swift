import Scheduling
import Testing

@Suite("A callback")
struct CallbackTests {
    private static func schedule(_ delivery: String, rules: RequestRules = RecordFixture.rules) throws -> Schedule {
        try RecordFixture(json: StructuredFixture.json(["delivery": delivery])).schedule(rules: rules)
    }

    private static func outcome(_ delivery: String, rules: RequestRules = RecordFixture.rules) -> String {
        let record = RecordFixture(json: StructuredFixture.json(["delivery": delivery]))
        return SchedulingTests.outcome(record.rejection(rules: rules))
    }

    @Test func `a callback takes the contract's defaults for all but its url`() throws {
        let target = try #require(try Self.schedule(#"{"url":"https://Example.com/a?b=c"}"#).target.callback)
        #expect(target.url.text == "https://Example.com/a?b=c")
        #expect(target.url.origin == "https://example.com")
        #expect(target.method == .post)
        #expect(target.headers.isEmpty)
        #expect(target.timeoutMilliseconds == 10_000)
        #expect(target.retry.maxAttempts == 8)
        #expect(target.retry.initialBackoffMilliseconds == 1_000)
        #expect(target.retry.maxBackoffMilliseconds == 3_600_000)
        #expect(!target.isOrdered)
    }

    @Test func `a callback may set every member`() throws {
        let target = try #require(
            try Self.schedule(
                #"""
                {"url":"https://[2001:DB8::1]:8443/p","method":"PUT","headers":{"X-Any":"v \"q\"","x-empty":""},
                "timeoutMs":1,"retry":{"maxAttempts":100,"initialBackoffMs":1,"maxBackoffMs":86400000},
                "ordered":true}
                """#
            ).target.callback
        )
        #expect(target.url.origin == "https://[2001:db8::1]:8443")
        #expect(target.method == .put)
        #expect(target.headers == [.init("X-Any", "v \"q\""), .init("x-empty", "")])
        #expect(target.timeoutMilliseconds == 1)
        #expect(target.retry.maxAttempts == 100)
        #expect(target.isOrdered)
        #expect(CallbackTarget(json: target.json()) == target)
        #expect(target.json(hidesHeaders: true).contains(#""X-Any":"***""#))
    }

    @Test func `a callback in binary form is a url alone`() throws {
        let record = RecordFixture(
            payload: "p",
            headers: [
                ("clockwork-schedule-time", "0"), ("clockwork-client-id", "c"), ("clockwork-schedule-key", "k"),
                ("clockwork-delivery-url", "https://example.com:444"),
            ]
        )
        let target = try #require(try record.schedule().target.callback)
        #expect(target == CallbackTarget(url: try #require(CallbackURL("https://example.com:444"))))
    }

    @Test(
        arguments: [
            (#""url":"""#, "url"), (#""url":7"#, "url"), (#""url":"https://""#, "url"),
            (#""url":"ftp://a/""#, "url"), (#""url":"https://u@a/""#, "url"), (#""url":"https://a/#f""#, "url"),
            (#""url":"https://a:0/""#, "url"), (#""url":"https://a:65536/""#, "url"), (#""url":"https://a b/""#, "url"),
            (#""url":"https://ä/""#, "url"), (#""url":"https://%61/""#, "url"), (#""url":"https://[::1/""#, "url"),
            (#""url":"https://a\\b/""#, "url"), (#""url":"https://a:/""#, "url"), (#""url":"HTTPS://a/""#, "url"),
            (#""url":"https://a/","method":"HEAD""#, "method"), (#""url":"https://a/","method":"post""#, "method"),
            (#""url":"https://a/","method":null"#, "method"), (#""url":"https://a/","headers":[]"#, "headers"),
            (#""url":"https://a/","headers":{"a":1}"#, "headers"),
            (#""url":"https://a/","headers":{"a":"1","A":"2"}"#, "headers"),
            (#""url":"https://a/","headers":{"a b":"1"}"#, "headers"),
            (#""url":"https://a/","headers":{"":"1"}"#, "headers"),
            (#""url":"https://a/","headers":{"a":"1\n2"}"#, "headers"),
            (#""url":"https://a/","headers":{"a":" 1"}"#, "headers"),
            (#""url":"https://a/","headers":{"a":"é"}"#, "headers"),
            (#""url":"https://a/","headers":{"Host":"b"}"#, "headers"),
            (#""url":"https://a/","headers":{"Webhook-Id":"b"}"#, "headers"),
            (#""url":"https://a/","headers":{"clockwork-attempt":"9"}"#, "headers"),
            (#""url":"https://a/","headers":{},"headers":{}"#, "headers"),
            (#""url":"https://a/","timeoutMs":0"#, "timeoutMs"),
            (#""url":"https://a/","timeoutMs":60001"#, "timeoutMs"),
            (#""url":"https://a/","timeoutMs":"1""#, "timeoutMs"),
            (#""url":"https://a/","timeoutMs":1e3"#, "timeoutMs"), (#""url":"https://a/","retry":7"#, "retry"),
            (#""url":"https://a/","retry":{"maxAttempts":0}"#, "retry.maxAttempts"),
            (#""url":"https://a/","retry":{"maxAttempts":101}"#, "retry.maxAttempts"),
            (#""url":"https://a/","retry":{"maxAttempts":1,"maxAttempts":1}"#, "retry.maxAttempts"),
            (#""url":"https://a/","retry":{"initialBackoffMs":0}"#, "retry.initialBackoffMs"),
            (#""url":"https://a/","retry":{"maxBackoffMs":86400001}"#, "retry.maxBackoffMs"),
            (#""url":"https://a/","ordered":1"#, "ordered"), (#""url":"https://a/","ordered":null"#, "ordered"),
            (#""url":"https://a/","ordered":true,"ordered":true"#, "ordered"),
        ]
    )
    func `a callback is judged member by member`(members: String, field: String) {
        #expect(Self.outcome("{\(members)}") == "invalid-field delivery.\(field)")
    }

    @Test func `a rejection lists every error of a callback at once, in the contract's order`() {
        let delivery = #"{"ordered":0,"retry":{"maxAttempts":0},"timeoutMs":0,"method":"","url":""}"#
        #expect(
            Self.outcome(delivery) == "invalid-field delivery.url delivery.method delivery.timeoutMs "
                + "delivery.retry.maxAttempts delivery.ordered"
        )
    }

    @Test func `every length of a callback is bounded`() {
        let long = "https://a/" + String(repeating: "x", count: 2_039)
        #expect(Self.outcome(#"{"url":"\#(long)"}"#) == "invalid-field delivery.url")
        #expect(Self.outcome(#"{"url":"\#(long.dropLast())"}"#) == "accepted")
        func headers(_ count: Int, _ bytes: Int) -> String {
            let value = String(repeating: "v", count: bytes)
            return (0..<count).map { #""h\#($0)":"\#(value)""# }.joined(separator: ",")
        }
        #expect(Self.outcome(#"{"url":"https://a","headers":{\#(headers(32, 9))}}"#) == "accepted")
        #expect(Self.outcome(#"{"url":"https://a","headers":{\#(headers(1, 4_096))}}"#) == "accepted")
        #expect(
            Self.outcome(#"{"url":"https://a","headers":{\#(headers(1, 4_097))}}"#) == "invalid-field delivery.headers"
        )
        #expect(
            Self.outcome(#"{"url":"https://a","headers":{\#(headers(33, 9))}}"#) == "invalid-field delivery.headers"
        )
        #expect(
            Self.outcome(#"{"url":"https://a","headers":{\#(headers(1, 8_191))}}"#) == "invalid-field delivery.headers"
        )
    }

    @Test
    func `a callback without TLS, or to a host that is not allowed, is accepted where the policy says so`() throws {
        func rules(_ allowsPrivate: Bool, _ hosts: String...) throws -> RequestRules {
            var rules = RecordFixture.rules
            let patterns = try hosts.map { try #require(CallbackPolicy.HostPattern($0)) }
            rules.callbackPolicy = CallbackPolicy(allowsPrivate: allowsPrivate, hosts: patterns)
            return rules
        }
        let cases: [(url: String, rules: RequestRules, isAllowed: Bool)] = [
            ("http://a/", try rules(false), false), ("http://a/", try rules(true), true),
            ("https://a/", try rules(false, "a"), true), ("https://A./", try rules(false, "a"), true),
            ("https://a:8443/", try rules(false, "a"), false), ("https://a:8443/", try rules(false, "a:8443"), true),
            ("https://a/", try rules(false, "a:8443"), false), ("https://a:9/", try rules(false, "a:*"), true),
            ("https://b.a/", try rules(false, "a"), false), ("https://b.a/", try rules(false, "*.a"), true),
            ("https://a/", try rules(false, "*.a"), false), ("https://xa/", try rules(false, "*.a"), false),
            ("https://c.b.a:1/", try rules(false, "x", "*.a:1"), true), ("http://a/", try rules(false, "a"), false),
        ]
        for (url, rules, isAllowed) in cases {
            let expected = isAllowed ? "accepted" : "invalid-field delivery.url"
            #expect(Self.outcome(#"{"url":"\#(url)"}"#, rules: rules) == expected, "\(url)")
        }
        for bad in ["", "*", "a:", "a:b", "*.", "https://a", "a/b", "*.[::1]", "a:1:*"] {
            #expect(CallbackPolicy.HostPattern(bad) == nil, "\(bad)")
        }
    }

    @Test func `the backoff grows from attempt to attempt up to a bound`() {
        var retry = CallbackTarget.RetryPolicy()
        let bounds = (1...14 as ClosedRange<Int32>).map { retry.backoffMilliseconds(afterAttempt: $0) }
        #expect(bounds.prefix(4) == [1_000, 2_000, 4_000, 8_000])
        #expect(bounds.suffix(2) == [3_600_000, 3_600_000])
        retry.initialBackoffMilliseconds = 86_400_000
        retry.maxBackoffMilliseconds = 86_400_000
        #expect(retry.backoffMilliseconds(afterAttempt: 100) == 86_400_000)
    }
}
