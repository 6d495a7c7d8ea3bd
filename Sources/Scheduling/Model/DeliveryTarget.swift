/// Where a schedule's payload goes when it is due.
public enum DeliveryTarget: Hashable, Sendable {
    /// A Kafka topic with a legal name.
    case topic(String)
    /// A URL, with everything that a request to it needs. Behind one reference, so that topics pay nothing for it.
    case callback(CallbackTarget)

    /// What a callback needs; `nil` for a topic.
    public var callback: CallbackTarget? {
        if case .callback(let target) = self { target } else { nil }
    }
}
