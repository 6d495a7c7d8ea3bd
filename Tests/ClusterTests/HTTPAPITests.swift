import Foundation
import HTTPTransport
import TestSupport
import Testing

extension LocalCluster {
    /// The HTTP API of `clockwork serve`, under load and under attack.
    @Suite(.timeLimit(.minutes(5)))
    struct HTTPAPITests {
        private static let connections = 64
        private static let hasSanitizer = ProcessInfo.processInfo.environment["CLOCKWORK_SANITIZER"] != nil

        @Test(
            arguments: StoreKind.allCases
        )
        func `ten thousand requests over 64 connections are each delivered once`(store: StoreKind) async throws {
            try await TestCluster.with(store) { cluster in
                let pod = try cluster.startPod("pod")
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod])
                // Later than all are accepted: what is due on arrival may be passed by other ordering keys.
                let due = nowMilliseconds() + (Self.hasSanitizer ? 90_000 : 45_000)
                let requests = (0..<10_000).map { number in
                    TestRequest(
                        "load-\(number)",
                        orderingKey: "customer-\(number % 500)",
                        topic: cluster.topic(number.isMultiple(of: 2) ? "orders" : "payments"),
                        time: due + Int64(number % 5_000),
                        payload: "payload \(number)"
                    )
                }
                var verifier = Verifier(intake: cluster.intake)
                let start = ContinuousClock.now
                let outcomes = try await APIClient.with(connections: Self.connections) { client in
                    try await Self.sendAll(requests) { await client.send($0, port: port) }
                }
                let duration = ContinuousClock.now - start
                try #require(nowMilliseconds() < due, "accepted within \(duration), and some were due by then")
                for (request, outcome) in outcomes {
                    guard case .accepted(let partition, let offset) = outcome else {
                        Issue.record("\(request.key): \(outcome)")
                        continue
                    }
                    verifier.sent(request, partition: partition, offset: offset)
                }
                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                print("load (\(store)): accepted within \(duration); \(findings)")
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                #expect(findings.delivered == requests.count)
            }
        }

        @Test
        func `an accepted request is delivered, though the pod is killed with requests in flight`() async throws {
            var random = SeededRandom(seed: seed("killedInFlight"))
            try await TestCluster.with(.sqlite) { cluster in
                var verifier = Verifier(intake: cluster.intake)
                var accepted = 0
                var unanswered: Set<String> = []
                for round in 0..<3 {
                    let pod = try cluster.startPod("pod")
                    let port = try await pod.servingPort()
                    let due = nowMilliseconds() + 4_000
                    let requests = (0..<6_000).map { number in
                        TestRequest(
                            "kill-\(round)-\(number)",
                            orderingKey: "customer-\(number % 50)",
                            topic: cluster.topic("orders"),
                            time: due + Int64(number % 2_000),
                            payload: "payload \(number)"
                        )
                    }
                    // Killed when so many have been accepted, with some in flight on every connection.
                    let victim = Int.random(in: 200..<3_000, using: &random)
                    let count = Tally()
                    let outcomes = try await APIClient.with(connections: Self.connections) { client in
                        try await Self.sendAll(requests) { request in
                            let outcome = await client.send(request, port: port)
                            if case .accepted = outcome, count.increment() == victim { pod.process.send(SIGKILL) }
                            return outcome
                        }
                    }
                    #expect(try await pod.process.waitForExit() == .signal(SIGKILL))
                    for (request, outcome) in outcomes {
                        switch outcome {
                        case .accepted(let partition, let offset):
                            verifier.sent(request, partition: partition, offset: offset)
                            accepted += 1
                        case .unanswered:
                            unanswered.insert(request.key)
                        case .refused(let response):
                            Issue.record("\(request.key): status \(response.status)")
                        }
                    }
                }
                try #require(!unanswered.isEmpty, "no request was in flight at a kill")
                _ = try cluster.startPod("pod")
                let records = try await cluster.allDeliveries(verifier)
                // What was in flight without an answer may have been accepted or not.
                let (doubtful, told) = (
                    records.filter { unanswered.contains($0.header("clockwork-schedule-key") ?? "") },
                    records.filter { !unanswered.contains($0.header("clockwork-schedule-key") ?? "") }
                )
                let findings = verifier.findings(told)
                print(
                    "killedInFlight: \(accepted) accepted, \(doubtful.count) deliveries without an answer; \(findings)"
                )
                try #require(findings.isSound, "\(findings)")
            }
        }

        @Test
        func `thousands of connections, slow clients and large bodies keep no others waiting`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let pod = try cluster.startPod("pod")
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod])
                // 3,000 silent connections, 1,000 with half a head, 1,000 with half a large body, 100 malformed.
                var crowd = try (0..<3_000).map { _ in try RawConnection(port: port) }
                for _ in 0..<1_000 {
                    let connection = try RawConnection(port: port)
                    connection.send("POST /schedule HTTP/1.1\r\nHost: x\r\nContent-")
                    crowd.append(connection)
                }
                let half = String(repeating: " ", count: 512 << 10)
                for _ in 0..<1_000 {
                    let connection = try RawConnection(port: port)
                    connection.send("POST /schedule HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n")
                    connection.sendWhatFits(half)
                    crowd.append(connection)
                }
                for _ in 0..<100 {
                    let connection = try RawConnection(port: port)
                    connection.send("\u{0}\u{1}nonsense\r\n\r\n")
                    crowd.append(connection)
                }
                var verifier = Verifier(intake: cluster.intake)
                try await APIClient.with(connections: 4) { client in
                    for number in 0..<200 {
                        let request = TestRequest(
                            "crowd-\(number)",
                            topic: cluster.topic("orders"),
                            time: nowMilliseconds() + 500,
                            payload: "payload"
                        )
                        // Past its bound on requests or on the bytes of their bodies the pod says 503 and to try again.
                        while true {
                            let outcome = await client.send(request, port: port)
                            if case .refused(let response) = outcome {
                                try #require(response.status == 503, "\(response.status)")
                                #expect(response.header("Retry-After") != nil)
                                try await Task.sleep(for: .milliseconds(20))
                                continue
                            }
                            guard case .accepted(let partition, let offset) = outcome else {
                                throw Impatient(description: "\(request.key): \(outcome)")
                            }
                            verifier.sent(request, partition: partition, offset: offset)
                            break
                        }
                        #expect(try await client.get("/health/live", port: port).status == 200)
                    }
                }
                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                let peak = try pod.peakResidentBytes
                print("manyConnections: \(crowd.count) connections, at most \(peak >> 20) MiB resident; \(findings)")
                // A sanitizer's own memory is several times that of the program.
                if !Self.hasSanitizer { #expect(peak < Self.memoryBound) }
                withExtendedLifetime(crowd) {}
            }
        }

        /// What a pod may have resident however many clients there are: 64 MiB of bodies held, what the sockets of
        /// 10,000 connections have read beyond that, and what it needs without any.
        private static let memoryBound = 512 << 20

        /// Waits until the pod's API serves.
        /// Sends all requests, one after the other on each connection, and tells what became of each.
        private static func sendAll(
            _ requests: [TestRequest],
            _ send: @escaping @Sendable (TestRequest) async -> APIClient.Outcome
        ) async throws -> [(TestRequest, APIClient.Outcome)] {
            await withTaskGroup(of: [(TestRequest, APIClient.Outcome)].self) { group in
                for lane in 0..<connections {
                    group.addTask {
                        var outcomes: [(TestRequest, APIClient.Outcome)] = []
                        for index in stride(from: lane, to: requests.count, by: connections) {
                            outcomes.append((requests[index], await send(requests[index])))
                        }
                        return outcomes
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
        }
    }
}
