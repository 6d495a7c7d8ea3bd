import ArgumentParser
import ClockworkService
import Glibc
import Kafka
import Logging
import Scheduling
import ServiceLifecycle

/// `clockwork dev`: everything on one host.
struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a pod with a local Kafka cluster and SQLite, and says how to reach it.",
        discussion: """
            The cluster is that of `clockwork local-kafka`: it ends with this process, while pending schedules stay in \
            SQLITE_PATH. Delivery topics have to exist before something is delivered to them: name them with --topic.
            """
    )

    @OptionGroup var topicOptions: TopicOptions

    @Option(
        help: ArgumentHelp(
            "Sends the requests of a file, shows the outcome of each, and ends; keeps nothing.",
            valueName: "file"
        )
    )
    var demo: String?

    @Option(help: ArgumentHelp("A file of name=value lines; the environment takes precedence.", valueName: "file"))
    var config: String?

    func run() async throws {
        let names = try ProcessEnvironment.configuration(file: config, overrides: overrides(brokers: "localhost:1"))
        var logging = names.logging
        if demo != nil, ProcessEnvironment.variables["LOG_LEVEL"] == nil {
            // What is of interest in a demo is printed.
            logging = LoggingConfiguration(level: .error, levels: logging.levels, format: logging.format)
        }
        LoggingSystem.bootstrapClockwork(logging)
        let cluster = try LocalKafka(
            topics: topicOptions.topics(intake: names.kafka.intakeTopic, deadLetters: names.kafka.deadLetterTopic)
        )
        defer { withExtendedLifetime(cluster) {} }
        let folder = try demo.map { _ in try TemporaryFolder() }
        defer { folder?.remove() }
        var overrides = overrides(brokers: cluster.bootstrapServers)
        if let folder {
            overrides["SQLITE_PATH"] = folder.path + "/clockwork.db"
            // A demo beside a pod of this host does not ask for its port.
            overrides["APP_PORT"] = "0"
        }
        let configuration = try ProcessEnvironment.configuration(file: config, overrides: overrides)
        if let demo {
            guard try await run(demo, configuration) else { throw ExitCode(1) }
        } else {
            try await Serve.serve(configuration) { port in
                Console.print(introduction(configuration, port: port))
            }
        }
    }

    private func overrides(brokers: String) -> [String: String] {
        var settings = ["KAFKA_BROKERS": brokers]
        let defaults = [
            "SCHEDULE_STORE": "sqlite",
            // For one host, and without a token.
            "APP_HOST": "127.0.0.1",
            "SHUTDOWN_DELAY": "0s",
            // The local brokers let an empty fetch wait its whole time, whatever arrives meanwhile.
            "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
            "KAFKA_PROPERTY_SESSION_TIMEOUT_MS": "6000",
            "KAFKA_PROPERTY_HEARTBEAT_INTERVAL_MS": "1000",
        ]
        let variables = ProcessEnvironment.variables
        for (name, value) in defaults where variables[name] == nil { settings[name] = value }
        return settings
    }

    private func introduction(_ configuration: Configuration, port: Int) -> String {
        let topic = topicOptions.topics.first?.name ?? "TOPIC"
        return """
            Kafka brokers  \(configuration.kafka.brokers)
            intake topic   \(configuration.kafka.intakeTopic)
            HTTP API       http://localhost:\(port)

            In another shell, with the folder of this executable in PATH:
              export KAFKA_BROKERS=\(configuration.kafka.brokers)
              clockwork tail \(topic)
              clockwork schedule --topic \(topic) --client me --key first --in 10s --data hello
              clockwork cancel --client me --key first --ordering-key first

            Ctrl-C ends the cluster and the pod.
            """
    }

    private func run(_ path: String, _ configuration: Configuration) async throws -> Bool {
        let logger = Logger(label: "clockwork")
        let graph = try PodGraph(configuration, logger: logger)
        defer { graph.close() }
        let demo = Demo(
            path: path,
            topics: topicOptions.topics.map(\.name),
            kafka: configuration.kafka,
            rules: RequestRules(configuration),
            logger: logger
        )
        let services = graph.group(logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // A signal ends the pod, and then there is nothing more to see.
                defer { demo.stop() }
                try await services.run()
            }
            defer { group.cancelAll() }
            await graph.pod?.untilFiring()
            let isComplete = try await demo.run()
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return isComplete
        }
    }
}
