import Foundation
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct DeadLetterTests {
        /// A request that cannot succeed, and what its dead letter must say.
        private struct BadRequest {
            var record: TestRecord
            var code: String
            /// What the detail must name.
            var naming: String

            init(_ code: String, naming: String, _ record: TestRecord) {
                self.record = record
                self.code = code
                self.naming = naming
            }

            init(_ code: String, naming: String, key: String? = "key", _ json: String) {
                let headers: [TestRecord.Header] = [.init("trace", "1"), .init("trace", nil as [UInt8]?)]
                self.init(code, naming: naming, TestRecord(key: key, value: json, headers: headers))
            }
        }

        private static func json(
            _ members: String,
            delivery: String = "{\"topic\":\"orders\"}",
            time: String = "1"
        ) -> String {
            "{\(members),\"delivery\":\(delivery),\"scheduleTime\":\(time),\"taskData\":\"x\"}"
        }

        private static func badRequests(_ cluster: TestCluster) -> [BadRequest] {
            let ids = "\"clientId\":\"c\",\"scheduleKey\":\"k\""
            func to(_ topic: String) -> String { json(ids, delivery: "{\"topic\":\(quoted(topic))}") }
            func binary(_ headers: [TestRecord.Header], value: [UInt8]? = [1]) -> TestRecord {
                TestRecord(key: Array("key".utf8), value: value, headers: headers)
            }
            let binaryHeaders: [TestRecord.Header] = [
                .init("clockwork-client-id", "c"), .init("clockwork-schedule-key", "k"),
                .init("clockwork-schedule-time", "0"), .init("clockwork-delivery-topic", cluster.topic("orders")),
            ]
            return [
                BadRequest("invalid-json", naming: "JSON", "not JSON"),
                BadRequest("invalid-json", naming: "JSON", "[1]"),
                BadRequest("invalid-json", naming: "JSON", ""),
                BadRequest("invalid-json", naming: "JSON", "\u{FEFF}" + to(cluster.topic("orders"))),
                BadRequest("invalid-json", naming: "JSON", TestRecord(key: Array("key".utf8), value: nil)),
                BadRequest(
                    "invalid-json",
                    naming: "JSON",
                    TestRecord(key: Array("key".utf8), value: [0x7B, 0xFF, 0x7D])
                ),
                BadRequest("missing-field", naming: "clientId", json("\"scheduleKey\":\"k\"")),
                BadRequest("missing-field", naming: "scheduleKey", json("\"clientId\":\"c\"")),
                BadRequest("missing-field", naming: "topic", json(ids, delivery: "{}")),
                BadRequest(
                    "missing-field",
                    naming: "scheduleTime",
                    "{\(ids),\"delivery\":{\"topic\":\"orders\"},\"taskData\":\"x\"}"
                ),
                BadRequest("missing-field", naming: "orderingKey", key: nil, to(cluster.topic("orders"))),
                BadRequest("missing-field", naming: "clockwork-client-id", binary(Array(binaryHeaders.dropFirst()))),
                BadRequest("invalid-field", naming: "clientId", json("\"clientId\":7,\"scheduleKey\":\"k\"")),
                BadRequest(
                    "invalid-field",
                    naming: "clientId",
                    json("\"clientId\":\(quoted(String(repeating: "c", count: 129))),\"scheduleKey\":\"k\"")
                ),
                BadRequest("invalid-field", naming: "clientId", json("\(ids),\"clientId\":\"c\"")),
                BadRequest("invalid-field", naming: "scheduleKey", json("\(ids),\"scheduleId\":\"k\"")),
                BadRequest("invalid-field", naming: "scheduleTime", json(ids, time: "-1")),
                BadRequest("invalid-field", naming: "scheduleTime", json(ids, time: "1e3")),
                BadRequest("invalid-field", naming: "scheduleTime", json(ids, time: "253402300800000")),
                BadRequest("invalid-field", naming: "scheduleTime", json(ids, time: "null")),
                BadRequest("invalid-field", naming: "action", json("\(ids),\"action\":\"delete\"")),
                BadRequest("invalid-field", naming: "topic", to("no topic")),
                BadRequest(
                    "invalid-field",
                    naming: "delivery",
                    json(ids, delivery: "{\"topic\":\"orders\",\"url\":\"https://h/\"}")
                ),
                BadRequest(
                    "invalid-field",
                    naming: "clockwork-client-id",
                    binary(binaryHeaders + binaryHeaders.prefix(1))
                ),
                BadRequest(
                    "payload-too-large",
                    naming: "taskData",
                    "{\(ids),\"delivery\":{\"topic\":\(quoted(cluster.topic("orders")))},\"scheduleTime\":0,\"taskData\":\"\(String(repeating: "x", count: 358_401))\"}"
                ),
                BadRequest(
                    "payload-too-large",
                    naming: "358400",
                    binary(binaryHeaders, value: Array(repeating: 0, count: 358_401))
                ),
                BadRequest(
                    "payload-too-large",
                    naming: "358400",
                    binary(binaryHeaders + [.init("big", String(repeating: "x", count: 400_000))])
                ),
                BadRequest("topic-not-allowed", naming: "topic", to(cluster.intake)),
                BadRequest("topic-not-allowed", naming: "topic", to(cluster.deadLetterTopic)),
                BadRequest("topic-not-allowed", naming: "topic", to("__consumer_offsets")),
                BadRequest("topic-not-allowed", naming: "topic", to("elsewhere")),
            ]
        }

        @Test
        func `a request that can never succeed becomes a dead letter with a reason, and others go on`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let allow = ["DELIVERY_TOPIC_ALLOW": "\(cluster.prefix)orders*,\(cluster.topic("payments"))"]
                let pod = try cluster.startPod("pod", allow)
                var verifier = Verifier(intake: cluster.intake)
                let requests = Self.badRequests(cluster)
                let positions = try await cluster.source.send(requests.map(\.record))

                // Unknown topics: due at once, and later.
                let start = nowMilliseconds()
                let unknown = cluster.topic("orders-unknown")
                let lost = (0..<5).map { number in
                    TestRequest("lost-\(number)", topic: unknown, time: start + Int64(number) * 300, payload: "lost")
                }
                let lostPositions = try await cluster.source.send(lost.map(\.record))
                let good = (0..<30).map { number in
                    TestRequest("good-\(number)", topic: cluster.topic("orders"), time: start + 5_000, payload: "good")
                }
                try await cluster.source.send(good, &verifier)

                let letters = try await cluster.allDeadLetters(requests.count + lost.count)
                #expect(letters.count == requests.count + lost.count)
                var bySource: [String: ReadRecord] = [:]
                for letter in letters { bySource[letter.header("clockwork-source") ?? ""] = letter }
                func check(_ letter: ReadRecord?, _ wanted: TestRecord, code: String, naming: String) {
                    guard let letter else {
                        Issue.record("no dead letter for \(shown(wanted.value))")
                        return
                    }
                    let detail = letter.header("clockwork-error-detail") ?? ""
                    #expect(letter.record.key == wanted.key, "\(detail)")
                    #expect(letter.record.value == wanted.value, "\(detail)")
                    #expect(letter.record.headers.dropLast(3) == wanted.headers[...], "\(detail)")
                    #expect(
                        letter.record.headers.suffix(3).map(\.name)
                            == ["clockwork-error", "clockwork-error-detail", "clockwork-source"]
                    )
                    #expect(letter.header("clockwork-error") == code, "\(detail)")
                    #expect(detail.contains(naming), "\(code) “\(detail)” does not name \(naming)")
                }
                for (request, position) in zip(requests, positions) {
                    let source = "\(cluster.intake)/\(position.partition)/\(position.offset)"
                    check(bySource[source], request.record, code: request.code, naming: request.naming)
                }
                for (request, position) in zip(lost, lostPositions) {
                    let source = "\(cluster.intake)/\(position.partition)/\(position.offset)"
                    var wanted = request.delivery(id: source)
                    wanted.headers.append(.init("clockwork-delivery-topic", unknown))
                    check(bySource[source], wanted, code: "unknown-topic", naming: unknown)
                    let told = bySource[source]?.timestamp ?? .max
                    #expect(told <= max(start, request.time) + 60_000, "the contract's limit")
                }
                #expect(try await cluster.source.partitionCount(of: unknown) == nil, "the topic has come into being")

                let records = try await cluster.allDeliveries(verifier)
                let findings = verifier.findings(records)
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                #expect(pod.process.exit == nil)
                print("dead letters: \(letters.count) as they should be; \(findings)")
            }
        }
    }
}
