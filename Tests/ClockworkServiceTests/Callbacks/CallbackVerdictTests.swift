import HTTPTransport
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct CallbackVerdictTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    private static let now = EpochMilliseconds(rawValue: 784_111_777_000)

    private func verdict(_ status: Int, retryAfter: String? = nil) -> CallbackVerdict {
        let headers = retryAfter.map { [HTTPHeader("Retry-After", $0)] } ?? []
        let response = HTTPResponse(status: status, headers: headers, body: [])
        return CallbackVerdict(.success(response), timeoutMilliseconds: 5, now: Self.now)
    }

    @Test func `two hundreds are success`() {
        for status in [200, 201, 202, 204, 299] { #expect(verdict(status) == .delivered) }
    }

    @Test func `what may pass is tried again`() {
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            #expect(verdict(status) == .retry("answered \(status)", retryAfterMilliseconds: nil))
        }
    }

    @Test func `any other status is final, redirects among them`() {
        for status in [301, 302, 307, 308, 304, 400, 401, 403, 404, 409, 410, 422, 600] {
            #expect(verdict(status) == .failed("answered \(status)"))
        }
    }

    @Test(arguments: [
        ("0", 0 as Int64?), ("120", 120_000), ("86400", 86_400_000), ("86401", 86_400_000),
        ("99999999999999999999", 86_400_000), ("-1", nil), ("1.5", nil), ("", nil), ("soon", nil),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000), ("Sunday, 06-Nov-94 08:49:47 GMT", 10_000),
        ("Sun Nov  6 08:49:47 1994", 10_000), ("Sun, 06 Nov 1994 08:49:07 GMT", 0),
        ("Sun, 06 Nov 2044 08:49:37 GMT", 86_400_000),
    ])
    func `Retry-After is seconds or a date, at most a day`(text: String, milliseconds: Int64?) {
        #expect(verdict(503, retryAfter: text) == .retry("answered 503", retryAfterMilliseconds: milliseconds))
    }

    @Test(arguments: [
        // The server's clock is a day behind, a day ahead, or unknown.
        ("Sat, 05 Nov 1994 08:49:47 GMT", "Sat, 05 Nov 1994 08:49:37 GMT", 10_000 as Int64),
        ("Mon, 07 Nov 1994 08:49:47 GMT", "Mon, 07 Nov 1994 08:49:37 GMT", 10_000),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "now", 10_000), ("Sun, 06 Nov 1994 08:49:47 GMT", nil, 10_000),
        ("Sat, 05 Nov 1994 08:49:07 GMT", "Sat, 05 Nov 1994 08:49:37 GMT", 0),
    ])
    func `a date counts from the answer's own`(text: String, date: String?, milliseconds: Int64) {
        let headers = [HTTPHeader("Retry-After", text)] + (date.map { [HTTPHeader("Date", $0)] } ?? [])
        let response = HTTPResponse(status: 429, headers: headers, body: [])
        let verdict = CallbackVerdict(.success(response), timeoutMilliseconds: 5, now: Self.now)
        #expect(verdict == .retry("answered 429", retryAfterMilliseconds: milliseconds))
    }

    @Test func `no answer is tried again, but not where there never will be one`() {
        func verdict(_ code: HTTPTransportError.Code) -> CallbackVerdict {
            let error = HTTPTransportError(code: code, message: "m")
            return CallbackVerdict(.failure(error), timeoutMilliseconds: 5, now: Self.now)
        }
        #expect(verdict(.timedOut) == .retry("no answer within 5 ms", retryAfterMilliseconds: nil))
        for code in [HTTPTransportError.Code.connectFailed, .brokenConnection, .insecure] {
            #expect(verdict(code) == .retry("no answer: m", retryAfterMilliseconds: nil))
        }
        #expect(verdict(.addressRefused) == .failed("has no address that callbacks may go to"))
        #expect(verdict(.invalidRequest) == .failed("cannot be sent the request: m"))
        for code in [HTTPTransportError.Code.overloaded, .cancelled, .closed] { #expect(verdict(code) == .notMade) }
    }
}
