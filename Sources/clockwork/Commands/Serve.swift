import ArgumentParser
import ClockworkAPI
import ClockworkService
import Kafka
import Logging
import ServiceLifecycle

/// `clockwork serve`: a pod.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a pod: consumes requests, keeps them, delivers them on time.",
        discussion: """
            Pods with the same KAFKA_CONSUMER_GROUP share the partitions of the intake topic. On SIGTERM or SIGINT a \
            pod finishes what is in flight, commits, leaves the group and ends within 10 s.

            Settings come from the environment, then from the file:

            \(Setting.help)
            """
    )

    @Option(help: "What this process runs: api (the HTTP API), scheduler (the pod), or all.")
    var role = Role.all

    @Option(help: ArgumentHelp("A file of name=value lines; the environment takes precedence.", valueName: "file"))
    var config: String?

    func run() async throws {
        let configuration = try ProcessEnvironment.configuration(file: config)
        LoggingSystem.bootstrapClockwork(configuration.logging)
        try await Self.serve(configuration, role: role)
    }

    /// Runs a pod until a signal ends it.
    ///
    /// - Parameter whenServing: told the port of the HTTP API once it serves.
    static func serve(
        _ configuration: Configuration,
        role: Role = .all,
        whenServing: (_ port: Int) -> Void = { _ in }
    ) async throws {
        let logger = Logger(label: "clockwork")
        let graph = try PodGraph(configuration, role: role, logger: logger)
        defer { graph.close() }
        logger.info(
            "pod started",
            metadata: [
                "name": "\(configuration.podName)", "intake": "\(configuration.kafka.intakeTopic)",
                "group": "\(configuration.kafka.consumerGroup)", "role": "\(role.rawValue)",
                "librdkafka": "\(KafkaLibrary.version)",
            ]
        )
        if let fault = KafkaLibrary.fault {
            logger.warning(
                "librdkafka should be 2.3.0 or newer: \(fault)",
                metadata: ["librdkafka": "\(KafkaLibrary.version)"]
            )
        }
        let group = graph.group(logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            if let port = await graph.api.untilServing() { whenServing(port) }
            try await tasks.waitForAll()
        }
        logger.info("pod ended")
    }
}
