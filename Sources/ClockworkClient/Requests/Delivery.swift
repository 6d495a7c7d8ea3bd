internal import Bytes

/// The target of a schedule, which gets the payload when the schedule is due.
///
/// This is a struct and not an enum, so that a new kind of target breaks no `switch`.
public struct Delivery: Hashable, Sendable {
    /// The Kafka topic, for a delivery to a topic.
    public let topic: String?
    /// The URL, for a delivery to a URL.
    public let url: String?
    /// The options of the call to the URL; ignored for a topic.
    public let options: CallbackOptions

    /// Delivery to a Kafka topic, which must exist when the schedule is due.
    public static func topic(_ name: String) -> Delivery {
        Delivery(topic: name, url: nil, options: CallbackOptions())
    }

    /// Delivery to a URL: an HTTP request with the payload as its body.
    public static func url(_ address: String, options: CallbackOptions = CallbackOptions()) -> Delivery {
        Delivery(topic: nil, url: address, options: options)
    }

    /// Writes the members of the structured request's object.
    func write(to json: inout JSONWriter) {
        json.member("topic", topic)
        json.member("url", url)
        options.write(to: &json)
    }

    private init(topic: String?, url: String?, options: CallbackOptions) {
        self.topic = topic
        self.url = url
        self.options = options
    }

    /// The target in an answer of the service; `nil` if it is not an object.
    init?(_ json: JSONValue?) {
        guard case .object(let members)? = json else { return nil }
        self.init(topic: members["topic"]?.text, url: members["url"]?.text, options: CallbackOptions(members))
    }
}
