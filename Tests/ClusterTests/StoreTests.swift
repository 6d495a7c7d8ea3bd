import Foundation
import TestSupport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct StoreTests {
        /// Requests of every kind the contract knows; what they replace or cancel is due long after they are sent.
        private func requests(from start: Int64, topics: [String]) -> [TestRequest] {
            var requests: [TestRequest] = []
            var random = SeededRandom(seed: 1)
            func time() -> Int64 { start + Int64.random(in: 0..<4_000, using: &random) }
            func topic() -> String { topics.randomElement(using: &random)! }
            for number in 0..<120 {
                var request = TestRequest(
                    "plain-\(number)",
                    orderingKey: "customer-\(number % 10)",
                    topic: topic(),
                    time: time(),
                    payload: "payload \(number) \"quoted\" \\ äöü 東京 \u{1F680}"
                )
                if number % 3 == 0 { request.headers = [.init("trace", "\(number)"), .init("trace", nil as [UInt8]?)] }
                requests.append(request)
            }
            for number in 0..<60 {
                var request = TestRequest("binary-\(number)", topic: topic(), time: time(), payload: "")
                request.form = .binary
                request.client = "Zürich GmbH #\(number % 3) 100%"
                request.orderingKey = "schlüssel-東京-\(number % 7)"
                switch number % 4 {
                case 0: request.payload = nil
                case 1: request.payload = []
                case 2: request.payload = (0..<256).map { UInt8($0) }
                default: request.payload = Array(repeating: UInt8(number), count: 5_000)
                }
                request.headers = [
                    .init("h", "one"), .init("h", nil as [UInt8]?), .init("other", []), .init("h", [0, 255, 10]),
                    .init("größe", "ü"),
                ]
                requests.append(request)
            }
            for number in 0..<40 {
                var request = requests[number * 4]
                switch number % 3 {
                case 0:
                    requests.append(request.cancel)
                case 1:
                    request.time = time()
                    request.payload = Array("replaced \(number)".utf8)
                    requests.append(request)
                default:
                    // The same request again while it is pending: the later one counts.
                    requests.append(request)
                }
                if number % 6 == 0 {
                    // A key may be created again after a cancel.
                    request.payload = Array("again \(number)".utf8)
                    requests.append(request)
                }
            }
            return requests
        }

        /// What was delivered, in an order of its own: without timestamps and the names of a test's own topics.
        private func comparable(_ records: [ReadRecord], _ cluster: TestCluster) -> [String] {
            records.map { read in
                let headers = read.record.headers.map { header in
                    guard header.name == "clockwork-id" else { return header }
                    let id = String(decoding: header.value ?? [], as: UTF8.self).dropFirst(cluster.prefix.count)
                    return TestRecord.Header("clockwork-id", String(id))
                }
                let headerTexts = headers.map { "\($0.name)=\($0.value.map { "\($0)" } ?? "null")" }
                return "\(read.topic.dropFirst(cluster.prefix.count))/\(read.partition) \(headerTexts) "
                    + "\(read.record.key.map { "\($0)" } ?? "null") \(read.record.value.map { "\($0)" } ?? "null")"
            }.sorted()
        }

        @Test
        func `the same requests lead to the same deliveries, byte for byte, whichever store keeps them`() async throws {
            try await TestCluster.with(.sqlite) { sqlite in
                try await TestCluster.with(.dynamoDB) { dynamoDB in
                    let clusters = [sqlite, dynamoDB]
                    for cluster in clusters {
                        try await cluster.waitForOwners([try cluster.startPod("pod")])
                    }
                    let start = nowMilliseconds() + 4_000
                    var results: [[String]] = []
                    var verifiers: [Verifier] = []
                    for cluster in clusters {
                        var verifier = Verifier(intake: cluster.intake)
                        let requests = requests(from: start, topics: ["orders", "payments"].map(cluster.topic))
                        try await cluster.source.send(requests, &verifier)
                        verifiers.append(verifier)
                    }
                    for (cluster, verifier) in zip(clusters, verifiers) {
                        var verifier = verifier
                        _ = try await cluster.allDeliveries(verifier)
                        // What has been delivered is asked for once more, and one request that is new.
                        let again = requests(from: start, topics: ["orders", "payments"].map(cluster.topic))
                            .filter { $0.key.hasPrefix("plain") }.suffix(20)
                        try await cluster.source.send(Array(again), &verifier, areDuplicates: true)
                        let records = try await cluster.allDeliveries(verifier)
                        let findings = verifier.findings(records)
                        try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                        print("same deliveries: \(findings)")
                        #expect(try cluster.deadLetters.records().isEmpty)
                        results.append(comparable(records, cluster))
                    }
                    #expect(results[0] == results[1])
                    #expect(results[0].count > 140)
                }
            }
        }
    }
}
