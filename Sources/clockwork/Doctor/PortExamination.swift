import Glibc

/// Whether the HTTP API can have its port, or what the pod says that has it.
struct PortExamination {
    let host: String
    let port: Int
    let patience: Duration

    func finding() async -> Finding {
        let finding = findingOfPort()
        guard finding.verdict == .fault else { return finding }
        switch await RunningPod.ask(host: host, port: port, patience: patience) {
        case .ready([]):
            return .good(finding.subject, "a pod listens at \(host), and is ready")
        case .ready(let reasons):
            return .warning(
                finding.subject,
                "a pod listens at \(host), and is ready, but: \(reasons.joined(separator: " "))",
                remedy: "see its log, and docs/troubleshooting.md"
            )
        case .notReady(let reasons):
            return .fault(
                finding.subject,
                "a pod listens at \(host), and is not ready: \(reasons)",
                remedy: "see its log, and docs/troubleshooting.md"
            )
        case nil:
            return finding
        }
    }

    private func findingOfPort() -> Finding {
        let subject = "port \(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &list)
        guard result == 0, let address = list else {
            return .fault(
                subject,
                "\(host) is not an address of this host: \(String(cString: gai_strerror(result)))",
                remedy: "set APP_HOST to one, or to 0.0.0.0"
            )
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(
            address.pointee.ai_family,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else {
            return .fault(subject, reason, remedy: "raise the limit of open files (ulimit -n)")
        }
        defer { close(descriptor) }
        // As the server does: a port whose last connections are still being forgotten is free.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0
        else {
            let remedy =
                switch errno {
                case EADDRINUSE: "end what listens there (ss -ltnp), or set APP_PORT to another port"
                case EACCES: "set APP_PORT to a port above 1023"
                default: "set APP_HOST to an address of this host, or to 0.0.0.0"
                }
            return .fault(subject, "\(host): \(reason)", remedy: remedy)
        }
        return .good(subject, "free at \(host)")
    }

    private var reason: String { String(cString: strerror(errno)) }
}
