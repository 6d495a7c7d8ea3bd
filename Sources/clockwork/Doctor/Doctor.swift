import ClockworkService
import Kafka

/// Looks at all that a pod stands on, one after the other, changing nothing.
struct Doctor {
    let configuration: Configuration
    /// How long one question may take.
    var patience: Duration = .seconds(5)

    /// What was found, in the order in which a pod would meet it.
    func findings() async -> [Finding] {
        await [library()] + KafkaExamination(configuration: configuration, patience: patience).findings()
            + StoreExamination(configuration: configuration, patience: patience).findings()
            + [
                PortExamination(host: configuration.api.host, port: configuration.api.port, patience: patience)
                    .finding()
            ]
    }

    private func library() -> Finding {
        guard let fault = KafkaLibrary.fault else { return .good("librdkafka", KafkaLibrary.version) }
        return .warning("librdkafka", "\(KafkaLibrary.version): \(fault)", remedy: "run with librdkafka 2.3.0 or newer")
    }
}
