/// Where a schedule's payload goes when it is due.
public enum DeliveryTarget: Hashable, Sendable {
    /// A Kafka topic with a legal name.
    case topic(String)
}
