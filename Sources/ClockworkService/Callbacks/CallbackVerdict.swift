internal import Bytes
internal import HTTPTransport
internal import Scheduling

/// The meaning of an attempt's end for the schedule.
enum CallbackVerdict: Equatable {
    /// It is done.
    case delivered
    /// It has failed for good; the reason, without the host.
    case failed(String)
    /// Try again: the reason, without the host, and the pause that the server asks for, in milliseconds.
    case retry(String, retryAfterMilliseconds: Int64?)
    /// Not the endpoint's doing: try again as if no attempt had been made.
    case notMade

    /// The longest `Retry-After` that is honoured, in milliseconds.
    private static let longestRetryAfter: Int64 = 86_400_000

    init(
        _ result: Result<HTTPResponse, HTTPTransportError>,
        timeoutMilliseconds: Int64,
        now: EpochMilliseconds
    ) {
        switch result {
        case .success(let response):
            self.init(response, now)
        case .failure(let error):
            switch error.code {
            case .timedOut:
                self = .retry("no answer within \(timeoutMilliseconds) ms", retryAfterMilliseconds: nil)
            case .connectFailed, .brokenConnection, .insecure, .responseTooLarge:
                self = .retry("no answer: \(error.message)", retryAfterMilliseconds: nil)
            case .addressRefused:
                self = .failed("has no address that callbacks may go to")
            case .invalidRequest:
                self = .failed("cannot be sent the request: \(error.message)")
            case .overloaded, .cancelled, .closed:
                self = .notMade
            }
        }
    }

    private init(_ response: HTTPResponse, _ now: EpochMilliseconds) {
        switch response.status {
        case 200..<300:
            self = .delivered
        case 408, 425, 429, 500..<600:
            let pause = response.header("retry-after").flatMap { Self.milliseconds(retryAfter: $0, response, now) }
            self = .retry("answered \(response.status)", retryAfterMilliseconds: pause)
        default:
            self = .failed("answered \(response.status)")
        }
    }

    /// Whole seconds, or a date. The date is of the server's clock, so it counts from the answer's own `Date` if there
    /// is one.
    private static func milliseconds(
        retryAfter text: String,
        _ response: HTTPResponse,
        _ now: EpochMilliseconds
    ) -> Int64? {
        if !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) {
            // Too many digits for a number count as too long a time.
            return min(Int64(text) ?? .max, longestRetryAfter / 1_000) * 1_000
        }
        guard let date = HTTPDate.epochSeconds(text) else { return nil }
        let sent = response.header("date").flatMap(HTTPDate.epochSeconds)
        return min(max(date * 1_000 - (sent.map { $0 * 1_000 } ?? now.rawValue), 0), longestRetryAfter)
    }
}
