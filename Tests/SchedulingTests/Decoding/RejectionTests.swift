import Bytes
import Scheduling
import Testing

@Suite("A rejection")
struct RejectionTests {
    @Test func `a rejection names every field in one bounded text that echoes nothing of the request`() throws {
        let secret = String(repeating: "S3CRET", count: 2_000)
        let json = """
            {"action":"\(secret)","clientId":"\(secret)","scheduleKey":"\(secret)","orderingKey":"\(secret)",
            "taskData":"\(secret)","delivery":{"topic":"\(secret)"},"scheduleTime":"\(secret)","\(secret)":1}
            """
        let rejection = try #require(RecordFixture(json: json).rejection())
        #expect(
            rejection.errors.map(\.field) == [
                "action", "clientId", "scheduleKey", "orderingKey", "delivery.topic", "scheduleTime",
            ]
        )
        #expect(!rejection.description.contains("S3CRET"))
        #expect(rejection.description.utf8.count < 2_048)
        for error in rejection.errors { #expect(rejection.detail.contains("\(error.field) \(error.message)")) }
    }

    @Test func `a rejection shows no more than 64 bytes of a topic or a header name`() throws {
        let topic = "__" + String(repeating: "t", count: 200)
        let notAllowed = try #require(
            RecordFixture(json: StructuredFixture.json(["delivery": "{\"topic\":\"\(topic)\"}"])).rejection()
        )
        #expect(notAllowed.code == .topicNotAllowed)
        #expect(notAllowed.detail.contains(topic.prefix(64)) && !notAllowed.detail.contains(topic.prefix(65)))
        let name = "clockwork-" + String(repeating: "n", count: 200)
        let headers = BinaryRequestTests.headers + [(name, "1")]
        let unknown = try #require(RecordFixture(payload: "x", headers: headers).rejection())
        #expect(unknown.errors.map(\.field) == [String(name.prefix(64))])
    }

    @Test func `a rejection has the contract's codes`() {
        #expect(
            DeadLetterCode.allCases.map(\.rawValue) == [
                "invalid-json", "invalid-field", "missing-field", "payload-too-large", "unknown-topic",
                "topic-not-allowed", "delivery-rejected", "callback-failed",
            ]
        )
    }
}

@Suite("The topic policy")
struct TopicPolicyTests {
    @Test func `the policy allows the topics on its list, exact or by prefix, and never Clockwork's own`() {
        func policy(_ allow: [String]) -> TopicPolicy {
            TopicPolicy(intakeTopic: "in", deadLetterTopic: "dead", allow: allow)
        }
        let narrow = policy(["orders", "mail-*", "dead"])
        for topic in ["orders", "mail-", "mail-out"] { #expect(narrow.allows(topic)) }
        for topic in ["orders2", "mail", "in", "dead", "__x", "other"] { #expect(!narrow.allows(topic)) }
        for topic in ["orders", "anything"] { #expect(policy(["*"]).allows(topic) && policy([]).allows(topic)) }
        for topic in ["in", "dead", "__x"] { #expect(!policy(["*"]).allows(topic) && !policy([]).allows(topic)) }
    }

    @Test func `the policy knows Kafka's rules for names`() {
        for name in ["a", "A.b_c-9", "...", String(repeating: "a", count: 249)] {
            #expect(TopicName.isLegal(name))
        }
        for name in [
            "", ".", "..", "a b", "a/b", "ä", "a\0", "a:", "a@", "a[", "a`", String(repeating: "a", count: 250),
        ] {
            #expect(!TopicName.isLegal(name))
        }
    }
}
