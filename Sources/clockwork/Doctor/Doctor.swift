import ClockworkService

/// Looks at all that a pod stands on, one after the other, changing nothing.
struct Doctor {
    let configuration: Configuration
    /// How long one question may take.
    var patience: Duration = .seconds(5)

    /// What was found, in the order in which a pod would meet it.
    func findings() async -> [Finding] {
        await KafkaExamination(configuration: configuration, patience: patience).findings()
            + StoreExamination(configuration: configuration, patience: patience).findings()
            + [
                PortExamination(host: configuration.api.host, port: configuration.api.port, patience: patience)
                    .finding()
            ]
    }
}
