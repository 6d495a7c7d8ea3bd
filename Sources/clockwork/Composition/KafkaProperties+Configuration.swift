import ClockworkService
import Kafka

extension KafkaProperties {
    /// The properties of every Kafka client of this process.
    init(_ configuration: KafkaConfiguration) {
        self = ["bootstrap.servers": configuration.brokers]
        for property in configuration.properties {
            set(property.name, to: property.value.revealed)
        }
        tokenSource = OpenIDTokens(takingFrom: &self)?.source
    }

    /// Those of a pod: with static membership it has a fixed name in the group.
    init(_ configuration: KafkaConfiguration, podName: String) {
        self.init(configuration)
        if configuration.staticMembership {
            set("group.instance.id", to: podName)
        }
    }
}
