/// A URL that a schedule's payload is sent to, and how. Immutable.
public final class CallbackTarget: Sendable {
    /// The method of the request.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// A header field that the client wants sent.
    public struct Header: Hashable, Sendable {
        /// The field's name, a token.
        public var name: String
        /// The field's value, visible ASCII with spaces and tabs between.
        public var value: String

        /// A header from its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// When a failed attempt is repeated.
    public struct RetryPolicy: Hashable, Sendable {
        /// Attempts in all, 1 to 100.
        public var maxAttempts: Int32 = 8
        /// The backoff's upper bound after the first attempt, in milliseconds; it doubles with each further one.
        public var initialBackoffMilliseconds: Int64 = 1_000
        /// The most that the backoff grows to, in milliseconds; up to 24 h. It bounds no `Retry-After`.
        public var maxBackoffMilliseconds: Int64 = 3_600_000

        /// The defaults above.
        public init() {}

        /// The upper bound of the pause after `attempt` (1, 2, …), in milliseconds. With full jitter, the pause is
        /// drawn uniformly between 0 and it.
        public func backoffMilliseconds(afterAttempt attempt: Int32) -> Int64 {
            let doublings = min(max(attempt, 1) - 1, 30)
            let (grown, overflows) = initialBackoffMilliseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
            return overflows ? maxBackoffMilliseconds : min(grown, maxBackoffMilliseconds)
        }
    }

    /// Where the request goes.
    public let url: CallbackURL
    /// Its method.
    public let method: Method
    /// The client's own header fields, in order.
    public let headers: [Header]
    /// How long one attempt may take in all, in milliseconds, 1 to 60,000.
    public let timeoutMilliseconds: Int64
    /// When a failed attempt is repeated.
    public let retry: RetryPolicy
    /// Whether the next schedule of the ordering key to a URL waits until this one has succeeded or failed for good.
    public let isOrdered: Bool

    /// The timeout of one attempt if a request names none, in milliseconds.
    public static let defaultTimeoutMilliseconds: Int64 = 10_000

    /// A target from its parts, which the decoder has checked.
    public init(
        url: CallbackURL,
        method: Method = .post,
        headers: [Header] = [],
        timeoutMilliseconds: Int64 = CallbackTarget.defaultTimeoutMilliseconds,
        retry: RetryPolicy = RetryPolicy(),
        isOrdered: Bool = false
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.timeoutMilliseconds = timeoutMilliseconds
        self.retry = retry
        self.isOrdered = isOrdered
    }
}

extension CallbackTarget: Hashable {
    /// Equal when every part is.
    public static func == (left: CallbackTarget, right: CallbackTarget) -> Bool {
        left === right
            || left.url == right.url && left.method == right.method && left.headers == right.headers
                && left.timeoutMilliseconds == right.timeoutMilliseconds && left.retry == right.retry
                && left.isOrdered == right.isOrdered
    }

    /// Hashes the parts that distinguish most targets.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(url)
        hasher.combine(method)
    }
}
