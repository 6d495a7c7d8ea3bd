internal import Bytes

/// Options of a callback. `nil` stands for the service's default.
public struct CallbackOptions: Hashable, Sendable {
    /// The method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`; `POST` by default.
    public var method: String?
    /// Header fields to send, by name: at most 32, with 4,096 bytes a value and 8,192 in all. In a status the service
    /// hides their values.
    public var headers: [String: String] = [:]
    /// The most time for one attempt in all, in milliseconds, 1 to 60,000; 10,000 by default.
    public var timeoutMilliseconds: Int64?
    /// The most attempts, 1 to 100; 8 by default.
    public var maxAttempts: Int64?
    /// The backoff after the first attempt, in milliseconds, up to 24 h; 1,000 by default. It doubles with each
    /// attempt.
    public var initialBackoffMilliseconds: Int64?
    /// The upper bound of the backoff, in milliseconds, up to 24 h; 3,600,000 by default.
    public var maxBackoffMilliseconds: Int64?
    /// Whether the next schedule of the ordering key waits until this one has succeeded or is a dead letter.
    public var isOrdered: Bool?

    /// Only defaults.
    public init() {}

    /// Writes the members of a `delivery` object.
    func write(to json: inout JSONWriter) {
        json.member("method", method)
        if !headers.isEmpty {
            json.member("headers") { json in
                for (name, value) in headers.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
            }
        }
        json.member("timeoutMs", timeoutMilliseconds)
        if maxAttempts != nil || initialBackoffMilliseconds != nil || maxBackoffMilliseconds != nil {
            json.member("retry") { json in
                json.member("maxAttempts", maxAttempts)
                json.member("initialBackoffMs", initialBackoffMilliseconds)
                json.member("maxBackoffMs", maxBackoffMilliseconds)
            }
        }
        json.member("ordered", isOrdered)
    }

    /// The options in an answer of the service.
    init(_ members: [String: JSONValue]) {
        method = members["method"]?.text
        if case .object(let fields)? = members["headers"] { headers = fields.compactMapValues(\.text) }
        timeoutMilliseconds = members["timeoutMs"]?.integer
        maxAttempts = members["retry"]?["maxAttempts"]?.integer
        initialBackoffMilliseconds = members["retry"]?["initialBackoffMs"]?.integer
        maxBackoffMilliseconds = members["retry"]?["maxBackoffMs"]?.integer
        if case .boolean(let isTrue)? = members["ordered"] { isOrdered = isTrue }
    }
}
