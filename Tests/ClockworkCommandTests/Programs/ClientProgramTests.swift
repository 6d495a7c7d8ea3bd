import Foundation
import Testing

/// The programs that `docs/clients.md` shows, run as they stand there against a pod.
@Suite(.timeLimit(.minutes(3))) struct ClientProgramTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// `Tests/run.sh` prepares it.
    private static let python =
        ProcessInfo.processInfo.environment["CLOCKWORK_PYTHON"] ?? root.appending(path: ".build/venv/bin/python").path

    private static let executable =
        ProcessInfo.processInfo.environment["CLOCKWORK_EXECUTABLE"]
        ?? root.appending(path: ".build/debug/clockwork").path

    @Test func `the kcat programs schedule, replace, cancel and drop repeats`() async throws {
        try await play(
            ["sh", "schedule.sh"],
            ["sh", "consume.sh"],
            deliveries: ["customer-1: replaced", "customer-1: any bytes"]
        )
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python), "Tests/run.sh prepares a Python for it"))
    func `the Python programs schedule, replace, cancel and drop repeats`() async throws {
        try await play(
            [Self.python, "schedule.py"],
            [Self.python, "consume.py"],
            deliveries: ["customer-1: replaced"]
        )
    }

    @Test func `every program of the document is found`() throws {
        #expect(
            try programs().keys.sorted() == [
                "Consume.java", "Schedule.java", "consume.py", "consume.sh", "consume/main.go", "schedule.py",
                "schedule.sh", "schedule/main.go",
            ]
        )
    }

    /// Runs a consumer and a producer, and repeats a delivery as a crash would.
    private func play(_ producer: [String], _ consumer: [String], deliveries: [String]) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "clockwork-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in try programs() where !name.contains("/") {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }

        let pod = try RunningProgram(
            // One partition, so that deliveries have one order.
            [Self.executable, "dev", "--topic", "order-reminders:1"],
            in: folder,
            environment: [
                "SQLITE_PATH": folder.appending(path: "clockwork.db").path, "LOG_LEVEL": "error",
                "APP_HOST": "127.0.0.1", "APP_PORT": "\(try Self.freePort())",
            ]
        )
        defer { pod.stop() }
        let title = "Kafka brokers  "
        var brokers: String?
        while brokers == nil, let line = await pod.nextLine() {
            if line.hasPrefix(title) { brokers = String(line.dropFirst(title.count)) }
        }
        let environment = ["KAFKA_BROKERS": try #require(brokers)]

        let received = try RunningProgram(consumer, in: folder, environment: environment)
        defer { received.stop() }
        let sent = await (try RunningProgram(producer, in: folder, environment: environment)).finish()
        #expect(sent.status == 0, "\(sent.lines)")

        // A consumer that let through what was cancelled or replaced would show it before or among these.
        var lines: [String] = []
        while lines.count < deliveries.count, let line = await received.nextLine() { lines.append(line) }
        #expect(lines == deliveries)

        for (id, payload) in [("t/0/1", "once"), ("t/0/1", "once"), ("t/0/2", "last")] {
            let repeated = try RunningProgram(
                [
                    "sh", "-c",
                    "printf \(payload) | kcat -b $KAFKA_BROKERS -P -t order-reminders -k k -H clockwork-id=\(id)",
                ],
                in: folder,
                environment: environment
            )
            #expect(await repeated.finish().status == 0)
        }
        var rest: [String] = []
        while rest.last != "k: last", let line = await received.nextLine() { rest.append(line) }
        #expect(rest == ["k: once", "k: last"])
    }

    /// The programs by name: a line with nothing but the name in backticks, and the block of code that follows it.
    private func programs() throws -> [String: String] {
        let text = try String(contentsOf: Self.root.appending(path: "docs/clients.md"), encoding: .utf8)
        var programs: [String: String] = [:]
        var name: String?
        var body: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = body, let title = name {
                if line == "```" {
                    programs[title] = lines.joined(separator: "\n") + "\n"
                    (name, body) = (nil, nil)
                } else {
                    body = lines + [line]
                }
            } else if name != nil, line.hasPrefix("```") {
                body = []
            } else if line.first == "`", line.last == "`", line.count > 2, !line.hasPrefix("```") {
                name = String(line.dropFirst().dropLast())
            }
        }
        return programs
    }

    /// A port that nobody listens on just now.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }
}
