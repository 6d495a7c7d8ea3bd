import Foundation
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct ClientTests {
        /// A record as `tail --json` shows it.
        private struct Shown: Decodable, Equatable {
            var topic: String
            var partition: Int32
            var offset: Int64
            var timestamp: Int64
            var key: String?
            var value: String?
            var latenessMs: Int64?
            var clockwork: [String: String]
        }

        private func shown(_ output: String) throws -> [Shown] {
            try output.split(separator: "\n").map { try JSONDecoder().decode(Shown.self, from: Data($0.utf8)) }
        }

        @Test(
            .enabled(if: TestCluster.realBrokers == nil)
        )
        func `a person schedules with the client commands and sees the deliveries`() async throws {
            try await withTemporaryFolder { folder in
                let kafka = try ChildProcess(
                    Clockwork.path,
                    ["local-kafka", "--brokers", "1", "--topic", "orders:2", "--topic", "reports:1"],
                    environment: Clockwork.baseEnvironment,
                    files: folder + "/kafka"
                )
                defer { kafka.send(SIGKILL) }
                try await wait("the bootstrap list") { kafka.output.contains("\n") }
                let brokers = String(kafka.output.prefix { $0 != "\n" })
                let client = ["KAFKA_BROKERS": brokers, "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10"]
                let pod = try ChildProcess(
                    Clockwork.path,
                    ["serve"],
                    environment: Clockwork.baseEnvironment.merging(client) { $1 }.merging([
                        "SCHEDULE_STORE": "sqlite", "SQLITE_PATH": folder + "/clockwork.db",
                    ]) { $1 },
                    files: folder + "/pod"
                )
                defer { pod.send(SIGKILL) }

                // One request, its payload as an argument, as a file, as standard input.
                let start = nowMilliseconds()
                let first = ["schedule", "--topic", "orders", "--client", "shop", "--in", "1s"]
                let one = try await Clockwork.run(
                    first + [
                        "--key", "order-1", "--ordering-key", "jörg", "--data", "Pay me ☂", "--header", "trace=a=b",
                    ],
                    environment: client
                )
                #expect(one.exit == .code(0), "\(one.errors)")
                #expect(one.output.wholeMatch(of: /scheduled as schedule-create\/[0-9]+\/0\n/) != nil, "\(one.output)")
                let payload: [UInt8] = Array("from standard input\n".utf8)
                let two = try await Clockwork.run(
                    first + ["--key", "order-2", "--data-file", "-"],
                    environment: client,
                    input: payload
                )
                #expect(two.exit == .code(0), "\(two.errors)")
                let three = try await Clockwork.run(
                    [
                        "schedule", "--topic", "orders", "--client", "shop", "--key", "order-3", "--at",
                        "2001-09-09T01:46:40Z",
                    ],
                    environment: client
                )
                #expect(three.exit == .code(0), "\(three.errors)")
                // One that is taken back before it is due, by a request on standard input.
                let four = try await Clockwork.run(
                    [
                        "schedule", "--topic", "orders", "--client", "shop", "--key", "order-4", "--in", "8s", "--data",
                        "no",
                    ],
                    environment: client
                )
                #expect(four.exit == .code(0), "\(four.errors)")
                let cancel = try await Clockwork.run(
                    ["schedule", "--file", "-"],
                    environment: client,
                    input: Array(#"{"action":"cancel","clientId":"shop","scheduleKey":"order-4"}"#.utf8)
                )
                #expect(cancel.exit == .code(0))
                #expect(cancel.output == "1 requests sent\n")
                // A file, with a line that no service accepts, an empty one, and one that this service does not accept.
                let lines = [
                    #"{"clientId":"mill","scheduleKey":"r-1","delivery":{"topic":"reports"},"scheduleTime":"+2s","taskData":"r1"}"#,
                    "", "nonsense",
                    #"{"clientId":"mill","scheduleKey":"r-3","delivery":{"topic":"schedule-dead-letters"},"scheduleTime":"+2s","taskData":"nowhere"}"#,
                    #"{"clientId":"mill","scheduleKey":"r-2","delivery":{"topic":"reports"},"scheduleTime":"+2500ms","taskData":"r2"}"#,
                ]
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: folder + "/requests.jsonl"))
                let file = try await Clockwork.run(
                    ["schedule", "--file", folder + "/requests.jsonl"],
                    environment: client
                )
                #expect(file.exit == .code(1))
                #expect(
                    file.errors.contains("\(folder)/requests.jsonl line 3: the request is not one JSON"),
                    "\(file.errors)"
                )
                #expect(file.output == "3 requests sent, 1 refused\n")

                // What is delivered.
                let tail = try await Clockwork.run(
                    ["tail", "orders", "--from-beginning", "--json", "--count", "3"],
                    environment: client
                )
                #expect(tail.exit == .code(0), "\(tail.errors)")
                let orders = try shown(tail.output)
                let byKey = Dictionary(uniqueKeysWithValues: orders.map { ($0.clockwork["schedule-key"] ?? "", $0) })
                #expect(Set(byKey.keys) == ["order-1", "order-2", "order-3"])
                #expect(byKey["order-1"]?.value == "Pay me ☂")
                #expect(byKey["order-1"]?.key == "jörg")
                #expect(byKey["order-1"]?.clockwork["client-id"] == "shop")
                let time = Int64(byKey["order-1"]?.clockwork["schedule-time"] ?? "") ?? 0
                #expect(time >= start + 1_000)
                #expect((byKey["order-1"]?.latenessMs ?? -1) >= 0)
                #expect(byKey["order-2"]?.value == "from standard input\n")
                #expect(byKey["order-2"]?.key == "order-2")
                #expect(byKey["order-3"] != nil && byKey["order-3"]?.value == nil)
                let reports = try await Clockwork.run(
                    ["tail", "reports", "--from-beginning", "--json", "--count", "2", "--brokers", brokers]
                )
                #expect(reports.exit == .code(0), "\(reports.errors)")
                #expect(try shown(reports.output).map(\.value) == ["r1", "r2"])
                let letters = try await Clockwork.run(
                    ["tail", "schedule-dead-letters", "--from-beginning", "--count", "1"],
                    environment: client
                )
                #expect(letters.exit == .code(0), "\(letters.errors)")
                #expect(
                    letters.output.contains("topic-not-allowed") && letters.output.contains("r-3"),
                    "\(letters.output)"
                )

                // Without --from-beginning only what comes is shown, and Ctrl-C ends it; the cancelled one does not come.
                let live = try ChildProcess(
                    Clockwork.path,
                    ["tail", "orders", "--json"],
                    environment: Clockwork.baseEnvironment.merging(client) { $1 },
                    files: folder + "/tail"
                )
                defer { live.send(SIGKILL) }
                try await wait("a record in the live tail") {
                    let more = try await Clockwork.run(
                        [
                            "schedule", "--topic", "orders", "--client", "shop", "--key", "now", "--in", "0s", "--data",
                            "now",
                        ],
                        environment: client
                    )
                    try #require(more.exit == .code(0), "\(more.errors)")
                    return live.output.contains("\n")
                }
                try await sleep(untilMilliseconds: start + 9_000)
                live.send(SIGINT)
                #expect(try await live.waitForExit() == .signal(SIGINT))
                #expect(try shown(live.output).allSatisfy { $0.value == "now" }, "\(live.output)")

                pod.send(SIGINT)
                #expect(try await pod.waitForExit() == .code(0))
                kafka.send(SIGTERM)
                #expect(try await kafka.waitForExit() == .code(0))
            }
        }

        @Test
        func `a client command that cannot do what it is asked for ends with exit code 1 and says why`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let environment = cluster.environment()
                let one = ["schedule", "--topic", "t", "--client", "c", "--key", "k", "--in", "1s"]
                let noFile = try await Clockwork.run(["schedule", "--file", "/no/file"], environment: environment)
                #expect(noFile.exit == .code(1))
                #expect(noFile.errors.contains("/no/file"), "\(noFile.errors)")
                let noIntake = try await Clockwork.run(
                    one,
                    environment: cluster.environment(["SCHEDULE_CREATE_KAFKA_TOPIC": "no-intake"])
                )
                #expect(noIntake.exit == .code(1))
                #expect(noIntake.errors.contains("no-intake"), "\(noIntake.errors)")
                let noTopic = try await Clockwork.run(["tail", "no-topic"], environment: environment)
                #expect(noTopic.exit == .code(1))
                #expect(noTopic.errors.contains("no-topic"), "\(noTopic.errors)")
                let noBroker = try await Clockwork.run(one + ["--brokers", "127.0.0.1:1"], environment: environment)
                #expect(noBroker.exit == .code(1))
                #expect(noBroker.errors.contains("127.0.0.1:1"), "\(noBroker.errors)")
                for command in [one, ["tail", "orders"]] {
                    let unset = try await Clockwork.run(command)
                    #expect(unset.exit == .code(78))
                    #expect(unset.errors.contains("KAFKA_BROKERS"), "\(unset.errors)")
                    let wrong = try await Clockwork.run(
                        command,
                        environment: cluster.environment(["KAFKA_PROPERTY_NO_SUCH_PROPERTY": "1"])
                    )
                    #expect(wrong.exit == .code(78))
                    #expect(wrong.errors.contains("KAFKA_PROPERTY_NO_SUCH_PROPERTY"), "\(wrong.errors)")
                }
            }
        }

        @Test func `the demo shows the outcome of the requests of a file`() async throws {
            try await withTemporaryFolder { folder in
                func requests(_ topics: [String]) -> [UInt8] {
                    Array(
                        topics.enumerated().map { index, topic in
                            #"{"clientId":"c","scheduleKey":"k\#(index)","delivery":{"topic":"\#(topic)"},"#
                                + #""scheduleTime":"+\#(500 + index * 10)ms","taskData":"p\#(index)"}"#
                        }.joined(separator: "\n").utf8
                    )
                }
                let path = folder + "/requests.jsonl"
                try Data(requests(["orders", "orders", "reports"])).write(to: URL(filePath: path))
                let demo = ["dev", "--topic", "orders:2", "--topic", "reports", "--demo", path]
                let good = try await Clockwork.run(demo)
                #expect(good.exit == .code(0), "\(good.errors)")
                #expect(good.output.contains("sent           3 requests"), "\(good.output)")
                #expect(good.output.contains("delivered      3"), "\(good.output)")
            }
        }
    }
}
