internal import Bytes

/// The reason why the service refused a request: an `application/problem+json` body (RFC 9457).
public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status code.
    public let status: Int
    /// A URI for the kind of problem; `about:blank` if the service names none.
    public let type: String
    /// The kind of problem, in a few words.
    public let title: String
    /// The fault of this request, if the service names one.
    public let detail: String?
    /// Every field that is wrong.
    public let errors: [FieldError]

    /// - Parameter status: The status of the answer, for a body that contains none.
    init?(_ json: JSONValue, status: Int) {
        guard case .object(let members) = json, let title = members["title"]?.text else { return nil }
        self.status = members["status"]?.integer.flatMap { Int(exactly: $0) } ?? status
        type = members["type"]?.text ?? "about:blank"
        self.title = title
        detail = members["detail"]?.text
        errors = (members["errors"]?.elements ?? []).compactMap { error in
            guard let field = error["field"]?.text, let message = error["message"]?.text else { return nil }
            return FieldError(field: field, message: message)
        }
    }

    /// A problem from its parts.
    package init(status: Int, type: String, title: String, detail: String, errors: [FieldError]) {
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.errors = errors
    }

    /// The problem of a status alone, without a body that explains it. A proxy may give such an answer.
    init(status: Int) {
        self.status = status
        type = "about:blank"
        title = "HTTP status \(status)"
        detail = nil
        errors = []
    }

    /// One line of at most 2,000 characters: the title, and the detail or the fields. Safe for terminals and logs,
    /// whoever sent the problem.
    public var description: String {
        let reason = detail ?? (errors.isEmpty ? nil : errors.map(\.description).joined(separator: "; "))
        let line = reason.map { title.hasSuffix(".") ? "\(title) \($0)" : "\(title): \($0)" } ?? title
        return String(
            line.unicodeScalars.prefix(2_000).map { $0.properties.generalCategory == .control ? " " : Character($0) }
        )
    }

    /// The problem as a JSON object. If it is about a line, the line's number comes first.
    public func json(line: Int? = nil) -> String {
        JSONWriter.objectText { json in
            json.member("line", line.map(Int64.init))
            json.member("type", type)
            json.member("title", title)
            json.member("status", Int64(status))
            json.member("detail", detail)
            json.name("errors")
            json.array(of: errors) { json, error in
                json.object { json in
                    json.member("field", error.field)
                    json.member("message", error.message)
                }
            }
        }
    }
}
