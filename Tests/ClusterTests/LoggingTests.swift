import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct LoggingTests {
        @Test func `an unread standard error stops no delivery, and lines are dropped and counted`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                // One of the ports that nobody uses: the log, which would tell it, is not read.
                let port = Int(try LocalSocket.freePort())
                _ = try cluster.startPod(
                    "mute",
                    PodProcess.talkative.merging(["APP_PORT": "\(port)"]) { $1 },
                    errors: .unread
                )
                var verifier = Verifier(intake: cluster.intake)
                func deliver(_ name: String) async throws {
                    let start = nowMilliseconds() + 1_000
                    let requests = (0..<200).map {
                        TestRequest("\(name)-\($0)", topic: "orders", time: start + Int64($0), payload: "x")
                    }
                    try await cluster.source.send(requests, &verifier)
                    let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                    #expect(findings.isSound, "\(findings)")
                }
                try await APIClient.with(connections: 1) { client in
                    func dropped() async throws -> Double {
                        let series = #"clockwork_log_lines_lost_total{reason="dropped"}"#
                        return try await client.metrics(port: port).value(series) ?? 0
                    }
                    try await deliver("a")
                    try await wait("lines to be dropped") { try await dropped() > 0 }
                    try await deliver("b")
                    print("unread: \(Int(try await dropped())) lines dropped")
                }
            }
        }

        @Test func `a broker that answers fetches wrongly fills no log, and deliveries go on`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let kafka = try #require(cluster.longPoll)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                var verifier = Verifier(intake: cluster.intake)
                let resident = (0..<20).map {
                    TestRequest("a-\($0)", topic: "orders", time: nowMilliseconds() + 5_000, payload: "x")
                }
                try await cluster.source.send(resident, &verifier)
                try await cluster.waitUntilSettled()
                kafka.garbleFetches(true)
                let before = pod.log.count
                // Those in memory are delivered meanwhile.
                try await wait("deliveries") { try verifier.isComplete(cluster.deliveries.records()) }
                try await wait("a summary") {
                    pod.log.contains { $0.message.contains("more lines like this one were left out") }
                }
                let during = pod.log.dropFirst(before)
                print(
                    "garbled: \(during.count) lines; \(during.last { $0.message.contains("left out") }?.message ?? "")"
                )
                // Of each thing that the library says, a few; of the thousands that it would say, none.
                #expect(during.count < 500)
                kafka.garbleFetches(false)
                let after = (0..<20).map {
                    TestRequest("b-\($0)", topic: "orders", time: nowMilliseconds() + 1_000, payload: "x")
                }
                try await cluster.source.send(after, &verifier)
                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                #expect(findings.isSound, "\(findings)")
            }
        }
    }
}
