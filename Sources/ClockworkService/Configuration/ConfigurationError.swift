/// A setting is missing, or has a value that is not accepted. The process then ends with exit code 78.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line that names the variable, its value (unless it is secret) and what is accepted.
    public let description: String

    /// An error with its one line.
    public init(_ description: String) {
        self.description = description
    }

    /// A value that is not accepted. `name` is the name under which it was found, which may be an alias.
    static func notAccepted(_ setting: Setting, name: String, value: String) -> ConfigurationError {
        let shown = setting.isSecret ? "its value (not shown)" : quoted(value)
        return ConfigurationError("\(name): \(shown) is not accepted, only \(setting.accepted)\(origin(name, value))")
    }

    /// A hint about a value that Kubernetes may have set. It gives each container variables for the Services of its
    /// namespace: for a Service called `app`, `APP_PORT` is `tcp://10.0.0.7:80`.
    private static func origin(_ name: String, _ value: String) -> String {
        let isLink = ["tcp://", "udp://", "sctp://"].contains(where: value.hasPrefix) && name.hasSuffix("_PORT")
        guard isLink else { return "" }
        let service = String(name.dropLast("_PORT".count).lowercased().map { $0 == "_" ? "-" : $0 })
        return ". Kubernetes sets such a value for a Service called \(service): set enableServiceLinks: false in "
            + "the pod's spec, or \(name) itself"
    }

    static func missing(_ setting: Setting, reason: String? = nil) -> ConfigurationError {
        let reason = reason.map { " \($0)" } ?? ""
        return ConfigurationError("\(setting.name) is not set\(reason); accepted is \(setting.accepted)")
    }

    /// Text from outside, cut to a bounded length. Characters that could break the line are escaped.
    static func quoted(_ text: String) -> String {
        let limit = 200
        let scalars = text.unicodeScalars.prefix(limit).map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "\"" + scalars.joined() + (text.unicodeScalars.count > limit ? "…" : "") + "\""
    }
}
