import TestSupport

/// A stream of requests of many kinds, due 3 to 8 s after they are sent.
struct Traffic {
    private let cluster: TestCluster
    private let topics: [String]
    /// URLs to be called.
    private let callbacks: [String]
    private var random: SeededRandom
    private var count = 0

    init(
        _ cluster: TestCluster,
        topics: [String] = ["orders", "payments"],
        callbacks: [String] = [],
        seed: UInt64
    ) {
        self.cluster = cluster
        self.callbacks = callbacks
        self.topics = topics.map(cluster.topic)
        random = SeededRandom(seed: seed)
    }

    /// Sends `number` requests and tells the verifier of them; a tenth of them replaces or cancels one of the others.
    mutating func send(
        _ number: Int,
        due: Range<Int64> = 3_000..<8_000,
        _ verifier: inout Verifier
    ) async throws {
        let now = nowMilliseconds()
        var requests: [TestRequest] = []
        for _ in 0..<number {
            count += 1
            // One in six is a callback, where there are any.
            let targets = !callbacks.isEmpty && random.oneIn(6) ? callbacks : topics
            var request = TestRequest(
                "task-\(count)",
                orderingKey: "customer-\(Int.random(in: 0..<20, using: &random))",
                topic: targets.randomElement(using: &random)!,
                time: now + Int64.random(in: due, using: &random),
                payload: "payload \(count)"
            )
            request.form = random.oneIn(2) ? .binary : .structured
            requests.append(request)
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                requests.append(request.cancel)
            case 1:
                request.time += 500
                request.payload = Array("replaced \(count)".utf8)
                requests.append(request)
            default:
                break
            }
        }
        try await cluster.source.send(requests, &verifier)
    }
}
