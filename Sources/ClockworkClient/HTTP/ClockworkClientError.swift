internal import Bytes
internal import HTTPTransport

/// A failed call of the client.
public struct ClockworkClientError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// The base URL or the token cannot be used.
        case invalidConfiguration
        /// The request breaks a rule, or names another ordering key than the pending schedule has.
        /// ``ClockworkClientError/fieldErrors`` names each field (400, 409, or found before sending).
        case invalidRequest
        /// No token, or a wrong one (401, 403).
        case unauthorized
        /// The service does not know the schedule (404).
        case notFound
        /// The call came too late: the schedule is delivered, cancelled or failed (409).
        case notPending
        /// The body is larger than the service accepts (413).
        case tooLarge
        /// The service, Kafka or the store cannot be reached or is overloaded (429, 502, 503, 504, or no answer). The
        /// service may have acted on the request; sending it again does no harm.
        case unavailable
        /// The service refused the request for another reason (other 4xx).
        case refused
        /// The service failed (other 5xx).
        case failed
        /// The answer is not one that the service gives. Perhaps the base URL leads to something else.
        case unexpectedAnswer
        /// The task was cancelled, or the client closed.
        case cancelled
    }

    /// What went wrong.
    public let code: Code
    /// One sentence, without payload and token.
    public let message: String
    /// The service's own explanation, if it gave one.
    public let problem: Problem?
    /// Every invalid field, whether the client or the service found it.
    public let fieldErrors: [FieldError]
    /// With `notPending`, the status of the schedule, if the service reported it.
    public let state: ScheduleStatus.State?
    /// How long the service asks to wait before the next attempt, at most a day; `nil` if it does not say.
    public let retryAfter: Duration?

    init(
        code: Code,
        message: String,
        problem: Problem? = nil,
        fieldErrors: [FieldError] = [],
        state: ScheduleStatus.State? = nil,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.problem = problem
        self.fieldErrors = fieldErrors
        self.state = state
        self.retryAfter = retryAfter
    }

    /// Whether the same call may succeed later.
    public var isRetriable: Bool { code == .unavailable }

    /// The message; safe to log.
    public var description: String { message }

    static func unexpectedAnswer(_ reason: String) -> ClockworkClientError {
        ClockworkClientError(code: .unexpectedAnswer, message: "the answer is not one of Clockwork's: \(reason)")
    }

    /// The error for a request that was not sent because it breaks a rule.
    init(_ invalid: InvalidRequest) {
        self.init(code: .invalidRequest, message: invalid.description, fieldErrors: invalid.errors)
    }

    /// The error for an exchange without an answer.
    init(_ error: HTTPTransportError) {
        let code: Code =
            switch error.code {
            case .connectFailed, .timedOut, .brokenConnection, .overloaded: .unavailable
            case .invalidRequest, .addressRefused, .insecure: .invalidConfiguration
            case .responseTooLarge: .unexpectedAnswer
            case .cancelled, .closed: .cancelled
            }
        self.init(code: code, message: "no answer: \(error.message)")
    }

    /// The error for an answer with a status other than success.
    init(_ response: HTTPResponse) {
        let json = JSONValue(response.body)
        let problem = json.flatMap { Problem($0, status: response.status) } ?? Problem(status: response.status)
        self.init(
            code: Self.code(problem),
            message: problem.description,
            problem: problem,
            fieldErrors: problem.errors,
            state: response.status == 409 ? json.flatMap(Self.state) : nil,
            retryAfter: response.header("retry-after").flatMap(Self.retryAfter)
        )
    }

    /// The error for one line of a batch.
    init(_ problem: Problem) {
        self.init(
            code: Self.code(problem),
            message: problem.description,
            problem: problem,
            fieldErrors: problem.errors
        )
    }

    private static func code(_ problem: Problem) -> Code {
        switch problem.status {
        case 400, 422: .invalidRequest
        // The request does not fit the pending schedule, and the problem names the field.
        case 409 where !problem.errors.isEmpty: .invalidRequest
        case 401, 403: .unauthorized
        case 404: .notFound
        case 409: .notPending
        case 413: .tooLarge
        case 429, 502, 503, 504: .unavailable
        case 402..<500: .refused
        case 500..<600: .failed
        default: .unexpectedAnswer
        }
    }

    /// The status of the schedule. The member `status` of a problem is the status code of the answer.
    private static func state(_ json: JSONValue) -> ScheduleStatus.State? {
        (json["scheduleStatus"]?.text ?? json["status"]?.text).map(ScheduleStatus.State.init(rawValue:))
    }

    /// Whole seconds. The form with a date is useless to a client whose clock may differ.
    private static func retryAfter(_ text: String) -> Duration? {
        guard (1...9).contains(text.utf8.count), let seconds = UInt32(text) else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
