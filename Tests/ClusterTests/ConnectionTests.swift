import Foundation
import Glibc
import Testing

extension LocalCluster {
    /// What becomes of connections: those to brokers that somebody on the way forgets, and those to a pod that ends.
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct ConnectionTests {
        @Test(
            "the next request is taken, and the next delivery made within seconds, after idle connections were forgotten"
        )
        func forgotten() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let kafka = try #require(cluster.longPoll)
                let pod = try cluster.startPod("pod")
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod])
                var verifier = Verifier(intake: cluster.intake)
                try await APIClient.with(connections: 1) { client in
                    func post(_ name: String, due: Int64) async throws {
                        let request = TestRequest(name, topic: "orders", time: due, payload: "x")
                        let outcome = await client.send(request, port: port)
                        guard case .accepted(let partition, let offset) = outcome else {
                            throw Impatient(description: "\(name): \(outcome)")
                        }
                        verifier.sent(request, partition: partition, offset: offset)
                    }
                    // Of the shortest idle limits of firewalls one that is as long as is usual.
                    let forgottenAt = nowMilliseconds() + 30_000
                    let due = forgottenAt + 1_000
                    try await post("before", due: due)
                    try await cluster.waitUntilSettled()
                    try await sleep(untilMilliseconds: forgottenAt)
                    // It forgets more than a firewall does: connections that are in use as well.
                    kafka.forgetConnections()
                    try await post("after", due: nowMilliseconds() + 500)
                    let records = try await cluster.allDeliveries(verifier)
                    let before = try #require(records.first { $0.header("clockwork-schedule-key") == "before" })
                    print("forgotten: the next delivery \(before.arrival - due) ms late")
                    // Every connection is forgotten here. The look at the topic, the look for its leaders and the record may
                    // find that one after the other, in the ten seconds that librdkafka is told to wait; by itself it waits
                    // for a minute each time.
                    #expect(before.arrival - due < 45_000)
                    let findings = verifier.findings(records)
                    #expect(findings.isSound, "\(findings)")
                }
            }
        }

        /// The first line of an answer and whether the server asks to close; `nil` where no connection was made.
        private static func ask(_ path: String, port: Int) -> (status: String, closes: Bool)? {
            guard let connection = LocalSocket.connect(port: UInt16(port)) else { return nil }
            defer { close(connection) }
            let request = "GET \(path) HTTP/1.1\r\nHost: pod\r\n\r\n"
            guard LocalSocket.send(Data(request.utf8), connection) else { return nil }
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while !text.contains("\r\n\r\n") {
                let count = recv(connection, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            return (String(text.prefix { $0 != "\r" }), text.lowercased().contains("\r\nconnection: close\r\n"))
        }

        @Test("a pod that is told to end is not ready at once, and refuses no connection for the time of its delay")
        func ending() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let pod = try cluster.startPod("pod", ["SHUTDOWN_DELAY": "4s"])
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod])
                try await wait("the pod to be ready") {
                    Self.ask("/health/ready", port: port)?.status.contains("200") == true
                }

                pod.process.send(SIGTERM)
                let signal = ContinuousClock.now
                try await wait("the pod to be not ready") {
                    let answer = try #require(Self.ask("/health/ready", port: port), "a connection was refused")
                    return answer.status.contains("503") && answer.closes
                }
                var served = 0
                while ContinuousClock.now < signal + .seconds(3) {
                    let answer = try #require(
                        Self.ask("/openapi.json", port: port),
                        "refused \(ContinuousClock.now - signal) after the signal, served \(served)"
                    )
                    #expect(answer.status.contains("200") && answer.closes)
                    served += 1
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await pod.process.waitForExit() == .code(0))
                print(
                    "ending: \(served) new connections served after the signal; ended after \(ContinuousClock.now - signal)"
                )
            }
        }
    }
}
