import Bytes
import HTTPTransport

/// What a pod that has the port already says of itself.
enum RunningPod: Equatable {
    /// It can do what it is asked for. What else is wrong with it, in its own words.
    case ready([String])
    /// It cannot, for these reasons.
    case notReady(String)

    /// Asks whoever listens there; `nil` where that is no pod.
    static func ask(host: String, port: Int, patience: Duration) async -> RunningPod? {
        // Who listens at every address is asked at this host's own.
        let host = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        let address = host.contains(":") ? "[\(host)]" : host
        guard let http = try? HTTPClient() else { return nil }
        defer { http.close() }
        let request = HTTPRequest(
            method: "GET",
            url: "http://\(address):\(port)/health/ready",
            headers: [],
            body: [],
            timeout: patience
        )
        guard let answer = try? await http.send(request), let json = JSONValue(answer.body) else { return nil }
        if answer.status == 200, json["status"]?.text == "ok" {
            return .ready((json["obstacles"]?.elements ?? []).compactMap { $0["reason"]?.text })
        }
        guard json["type"]?.text == "urn:clockwork:problem:not-ready" else { return nil }
        return (json["detail"]?.text).map { .notReady($0) }
    }
}
