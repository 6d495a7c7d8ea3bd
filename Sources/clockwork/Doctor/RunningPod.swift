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
        guard let answer = try? await http.send(request), let members = JSONMembers.values(in: answer.body) else {
            return nil
        }
        func text(_ name: String) -> String? {
            members[name].flatMap { JSONMembers.text(answer.body[$0]) }
        }
        if answer.status == 200, text("status") == "ok" {
            return .ready(members["obstacles"].map { reasons(answer.body[$0]) } ?? [])
        }
        guard text("type") == "urn:clockwork:problem:not-ready" else { return nil }
        return text("detail").map { .notReady($0) }
    }

    private static func reasons(_ obstacles: ArraySlice<UInt8>) -> [String] {
        (JSONMembers.elements(of: obstacles) ?? []).compactMap { obstacle in
            JSONMembers.values(in: obstacle)?["reason"].flatMap { JSONMembers.text(obstacle[$0]) }
        }
    }
}
