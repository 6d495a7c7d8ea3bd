internal import Kafka
internal import Logging
internal import Runtime

/// Makes sure that the intake keeps its records. Compaction removes requests before they are read, and also the records
/// that identify a log.
struct IntakePolicy: Sendable {
    let topic: String
    let group: String
    let properties: KafkaProperties
    let logger: Logger

    /// How long the brokers may take.
    private static let timeout = Duration.seconds(2)
    /// The pause before they are asked again.
    private static let pause = Duration.seconds(5)

    /// Asks until there is an answer.
    ///
    /// - Returns: why a pod must not run with this intake; `nil` if it may.
    func objection() async -> KafkaError? {
        while !Task.isCancelled {
            let answer = await BlockingCall.run(named: "intake-policy") { ask() }
            switch answer {
            case .success(let policy):
                return policy.isCompacting ? Self.objection(topic, policy) : nil
            case .failure(let error) where error.isUnsupported:
                return nil
            case .failure(let error) where error.isUnauthorized:
                logger.warning(
                    "the intake's cleanup.policy may not be read; make sure that it is delete",
                    metadata: ["topic": "\(topic)", "error": "\(error)"]
                )
                return nil
            case .failure:
                guard (try? await Task.sleep(for: Self.pause)) != nil else { return nil }
            }
        }
        return nil
    }

    private func ask() -> Result<KafkaInspector.CleanupPolicy, KafkaError> {
        Result { () throws(KafkaError) in
            let inspector = try KafkaInspector(group: group, properties: properties)
            return try inspector.cleanupPolicy(ofTopic: topic, timeout: Self.timeout)
        }
    }

    private static func objection(_ topic: String, _ policy: KafkaInspector.CleanupPolicy) -> KafkaError {
        KafkaError(
            code: KafkaError.invalidConfiguration,
            message: """
                the intake topic \(topic) is compacted (cleanup.policy=\(policy.text)), which loses requests; set it to \
                delete
                """
        )
    }
}
