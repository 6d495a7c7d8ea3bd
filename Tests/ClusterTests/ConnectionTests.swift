import Foundation
import Glibc
import HTTPTransport
import Testing

extension LocalCluster {
    /// What becomes of connections: those to brokers that somebody on the way forgets, and those to a pod that ends.
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct ConnectionTests {
        @Test
        func `idle connections that are forgotten delay neither the next request nor the next delivery`() async throws {
            try await withPod { cluster, kafka, post in
                // The shortest limit of firewalls that is usual.
                kafka.forgetIdleConnections(after: .seconds(28))
                let due = nowMilliseconds() + 32_000
                #expect(try await post("before", due) == 1)
                // Many keys: the leader of each partition is sent something, and later again.
                for key in 0..<20 { #expect(try await post("early-\(key)", due) == 1) }
                try await cluster.waitUntilSettled()
                try await sleep(untilMilliseconds: due - 1_000)
                for key in 0..<20 { #expect(try await post("late-\(key)", due) == 1) }
                return (due, 1_000)
            }
        }

        @Test
        func `when connections in use are forgotten, a repeated request and the next delivery succeed`() async throws {
            try await withPod { cluster, kafka, post in
                let due = nowMilliseconds() + 10_000
                #expect(try await post("before", due) == 1)
                try await cluster.waitUntilSettled()
                try await sleep(untilMilliseconds: due - 1_000)
                kafka.forgetConnections()
                let attempts = try await post("after", nowMilliseconds() + 500)
                print("forgotten: the next request taken at attempt \(attempts)")
                // The look at the topic, the look for its leaders and the record may find one after the other that their
                // connection is forgotten, in the ten seconds that librdkafka is told to wait; by itself it waits for a
                // minute each time.
                return (due, 45_000)
            }
        }

        /// Runs a pod behind brokers that can forget connections. The body gets a function that sends a request until it
        /// is taken and returns how many attempts that took, and returns when "before" is due and how late it may be.
        private func withPod(
            _ body: (TestCluster, LongPollKafka, (String, Int64) async throws -> Int) async throws -> (
                due: Int64, late: Int64
            )
        ) async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let kafka = try #require(cluster.longPoll)
                let pod = try cluster.startPod("pod")
                let port = try await pod.servingPort()
                try await cluster.waitForOwners([pod])
                var verifier = Verifier(intake: cluster.intake)
                try await APIClient.with(connections: 1) { client in
                    let (due, bound) = try await body(cluster, kafka) { name, due in
                        let request = TestRequest(name, topic: "orders", time: due, payload: "x")
                        for attempt in 1... {
                            switch await client.send(request, port: port) {
                            case .accepted(let partition, let offset):
                                verifier.sent(request, partition: partition, offset: offset)
                                return attempt
                            case .refused(let response) where response.status == 503 && attempt < 10:
                                try await Task.sleep(for: .seconds(1))
                            case let outcome:
                                throw Impatient(description: "\(name): \(outcome)")
                            }
                        }
                        preconditionFailure("attempts have no end")
                    }
                    let records = try await cluster.allDeliveries(verifier)
                    let before = try #require(records.first { $0.header("clockwork-schedule-key") == "before" })
                    print("forgotten: the next delivery \(before.arrival - due) ms late")
                    #expect(before.arrival - due < bound)
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

        @Test
        func `a pod that is to end is not ready at once, and refuses no connection during its delay`() async throws {
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
