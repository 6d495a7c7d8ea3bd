import Foundation
import Glibc
import HTTPTransport
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct LoggingTests {
        /// A pod whose standard error is a pipe that nobody reads, and whose standard output says nothing.
        private static func start(_ cluster: TestCluster, _ pipe: Int32) throws -> Process {
            let process = Process()
            process.executableURL = URL(filePath: Clockwork.path)
            process.arguments = ["serve"]
            process.environment = cluster.environment([
                "POD_NAME": "mute", "LOG_LEVEL": "trace", "KAFKA_PROPERTY_DEBUG": "all",
                // One of the ports that nobody uses: the log, which would tell it, is not read.
                "APP_PORT": "\(try LocalSocket.freePort())",
            ])
            process.standardError = FileHandle(fileDescriptor: pipe)
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            return process
        }

        @Test("a standard error that nobody reads stops no delivery; lines are dropped and counted")
        func unread() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                var ends: [Int32] = [0, 0]
                try #require(pipe(&ends) == 0)
                let pod = try Self.start(cluster, ends[1])
                defer {
                    kill(pod.processIdentifier, SIGKILL)
                    pod.waitUntilExit()
                    close(ends[0])
                }
                let port = try #require(Int(pod.environment?["APP_PORT"] ?? ""))
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
                func dropped() async throws -> Double {
                    let metrics = try await APIClient.with(connections: 1) { client in
                        String(decoding: try await client.get("/metrics", port: port).body, as: UTF8.self)
                    }
                    let name = #"clockwork_log_lines_lost_total{reason="dropped"}"#
                    let line = metrics.split(separator: "\n").first { $0.hasPrefix(name) }
                    return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
                }
                try await deliver("a")
                try await wait("lines to be dropped") { try await dropped() > 0 }
                // First the pipe was full, of 16 pages that need not be filled each, and then the queue.
                var waiting: Int32 = 0
                _ = ioctl(ends[0], UInt(FIONREAD), &waiting)
                #expect(waiting >= 32_768)
                try await deliver("b")
                print("unread: \(Int(try await dropped())) lines dropped")
            }
        }

        @Test("a broker that answers fetches wrongly fills no log, and deliveries go on")
        func garbled() async throws {
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
