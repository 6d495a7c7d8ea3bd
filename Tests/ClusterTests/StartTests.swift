import Foundation
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)))
    struct StartTests {
        /// A configuration that would start, if there were a broker.
        private static let sound = [
            "KAFKA_BROKERS": "127.0.0.1:1", "SCHEDULE_STORE": "sqlite", "SQLITE_PATH": "/dev/null/none",
        ]

        private static let wrongSettings: [[String: String]] = [
            ["KAFKA_BROKERS": ""],
            ["KAFKA_BROKERS": "no broker"],
            ["KAFKA_CONSUMER_GROUP": "two words"],
            ["SCHEDULE_CREATE_KAFKA_TOPIC": "no/topic"],
            ["DEAD_LETTER_KAFKA_TOPIC": "schedule-create"],
            ["KAFKA_STATIC_MEMBERSHIP": "yes"],
            ["KAFKA_PROPERTIES_FILE": "/no/such/file"],
            ["KAFKA_PROPERTY_NO_SUCH_PROPERTY": "1"],
            ["KAFKA_PROPERTY_SECURITY_PROTOCOL": "nonsense"],
            ["SCHEDULE_STORE": "mysql"],
            ["DELIVERY_TOPIC_ALLOW": "a,,b"],
            ["HORIZON": "10"],
            ["HORIZON": "48h"],
            ["MAX_RESIDENT_SCHEDULES": "1"],
            ["KEY_RETENTION": "1s"],
            ["MAX_PAYLOAD_BYTES": "358401"],
            ["LOG_LEVEL": "loud"],
            ["LOG_FORMAT": "xml"],
            ["POD_NAME": "a pod"],
        ]

        @Test(
            arguments: wrongSettings
        )
        func `a wrong setting is shown with its value and ends with code 78`(setting: [String: String]) async throws {
            let (name, value) = try #require(setting.first)
            try await withTemporaryFolder { folder in
                var environment = Self.sound
                environment["SQLITE_PATH"] = folder + "/clockwork.db"
                let result = try await Clockwork.run(["serve"], environment: environment.merging(setting) { $1 })
                #expect(result.exit == .code(78))
                #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
                #expect(result.errors.contains(name), "\(result.errors)")
                // Of a property that does not exist the name is what is wrong.
                let isShown =
                    value.isEmpty || name == "KAFKA_PROPERTY_NO_SUCH_PROPERTY" || result.errors.contains(value)
                #expect(isShown, "\(result.errors)")
                #expect(result.output.isEmpty)
            }
        }

        @Test func `DynamoDB settings are checked, and a secret is not shown`() async throws {
            let base = [
                "KAFKA_BROKERS": "127.0.0.1:1", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id",
                "AWS_SECRET_ACCESS_KEY": "geheim",
            ]
            let wrong: [(String, String?, String)] = [
                ("AWS_SECRET_ACCESS_KEY", "geheim haltung", "AWS_SECRET_ACCESS_KEY"),
                ("AWS_SECRET_ACCESS_KEY", nil, "AWS_SECRET_ACCESS_KEY"),
                ("AWS_REGION", nil, "AWS_REGION"),
                ("AWS_ENDPOINT_URL_DYNAMODB", "ftp://host", "AWS_ENDPOINT_URL_DYNAMODB"),
                ("SCHEDULE_DB", "a", "SCHEDULE_DB"),
                ("PARTITION_EXEC_DB", "schedules", "PARTITION_EXEC_DB"),
            ]
            for (name, value, named) in wrong {
                var environment = base
                environment[name] = value
                let result = try await Clockwork.run(["serve"], environment: environment)
                #expect(result.exit == .code(78), "\(name)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
                #expect(result.errors.contains(named), "\(result.errors)")
                #expect(!result.errors.contains("geheim"), "\(result.errors)")
            }
        }

        @Test
        func `a file of settings is read, and an unknown name in it is reported with exit code 78`() async throws {
            try await withTemporaryFolder { folder in
                let path = folder + "/clockwork.properties"
                for (text, named) in [("horizn=5m", "horizn"), ("horizon=soon", "soon"), ("no line", path)] {
                    try Data("# settings\n\(text)\n".utf8).write(to: URL(filePath: path))
                    let result = try await Clockwork.run(["serve", "--config", path], environment: Self.sound)
                    #expect(result.exit == .code(78))
                    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
                    #expect(result.errors.contains(named), "\(result.errors)")
                }
                let missing = try await Clockwork.run(["serve", "--config", folder + "/none"], environment: Self.sound)
                #expect(missing.exit == .code(78))
                #expect(missing.errors.contains(folder + "/none"), "\(missing.errors)")
            }
        }

        @Test(
            arguments: [
                ["sevre"], ["serve", "--nope"], ["dev", "--topic", "a:0"], ["local-kafka", "--brokers", "0"],
                ["schedule"],
                ["schedule", "--topic", "t", "--client", "c", "--key", "k"],
                ["schedule", "--topic", "t", "--client", "c", "--key", "k", "--in", "1"],
                ["schedule", "--file", "-", "--key", "k"],
                [
                    "schedule", "--topic", "t", "--client", "c", "--key", "k", "--in", "1s", "--header",
                    "clockwork-id=1",
                ],
                ["tail"], ["tail", "t", "--count", "many"], ["tail", "t", "--count", "-1"], ["tables", "drop"],
            ]
        )
        func `wrong usage ends with exit code 64`(arguments: [String]) async throws {
            let result = try await Clockwork.run(arguments, environment: Self.sound)
            #expect(result.exit == .code(64), "\(result.errors)")
            #expect(result.errors.contains("Usage:"), "\(result.errors)")
        }

        @Test(
            arguments: [
                [], ["serve"], ["dev"], ["local-kafka"], ["schedule"], ["tail"], ["tables"], ["tables", "create"],
            ]
        )
        func `every command explains itself`(arguments: [String]) async throws {
            let result = try await Clockwork.run(arguments + ["--help"])
            #expect(result.exit == .code(0))
            #expect(result.output.contains("USAGE: clockwork") && result.output.contains("OVERVIEW:"))
            #expect(result.errors.isEmpty)
        }

        @Test func `a second pod on the same SQLite file does not start and says who holds it`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let holder = try cluster.startPod("holder")
                try await cluster.waitForOwners([holder])
                let second = try await Clockwork.run(["serve"], environment: cluster.environment())
                #expect(second.exit == .code(1))
                #expect(second.errors.contains("clockwork.db"), "\(second.errors)")
                #expect(second.errors.contains("\(holder.process.pid)"), "\(second.errors)")
                #expect(holder.process.exit == nil)
                holder.process.send(SIGINT)
                #expect(try await holder.process.waitForExit() == .code(0))
            }
        }
    }
}
