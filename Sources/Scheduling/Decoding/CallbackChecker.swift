internal import Bytes

/// Applies the contract's rules to the members of a callback and builds its target.
struct CallbackChecker {
    /// The limits that are part of the contract.
    enum Limits {
        static let attempts: ClosedRange<Int64> = 1...100
        static let backoffMilliseconds: ClosedRange<Int64> = 1...86_400_000
        static let timeoutMilliseconds: ClosedRange<Int64> = 1...60_000
        static let headers = 32
        static let headerNameBytes = 128
        /// Names and values together.
        static let headerBytes = 8_192
        static let headerValueBytes = 4_096
    }

    let form: RequestForm
    private(set) var errors = FieldErrors()

    init(form: RequestForm) {
        self.form = form
    }

    /// The target, if no rule is broken.
    ///
    /// - Parameter policy: the URLs that callbacks may go to; `nil` skips this check.
    mutating func target(_ url: BorrowedText, _ fields: CallbackFields, policy: CallbackPolicy?) -> CallbackTarget? {
        let url = self.url(url, policy)
        let method = method(fields.method)
        let headers = headers(fields)
        let timeout = integer(fields.timeout, form.member("timeoutMs"), Limits.timeoutMilliseconds)
        var retry = CallbackTarget.RetryPolicy()
        if let problem = fields.retryProblem { errors.invalid(form.member("retry"), problem.message) }
        if let name = fields.unknownRetryMember {
            errors.invalid(form.member("retry.\(name.shown)"), BorrowedText.unknown)
        }
        if let attempts = integer(fields.maxAttempts, form.member("retry.maxAttempts"), Limits.attempts) {
            retry.maxAttempts = Int32(attempts)
        }
        if let backoff = integer(
            fields.initialBackoff,
            form.member("retry.initialBackoffMs"),
            Limits.backoffMilliseconds
        ) {
            retry.initialBackoffMilliseconds = backoff
        }
        if let backoff = integer(fields.maxBackoff, form.member("retry.maxBackoffMs"), Limits.backoffMilliseconds) {
            retry.maxBackoffMilliseconds = backoff
        }
        if let problem = fields.orderedProblem { errors.invalid(form.member("ordered"), problem.message) }
        guard errors.isEmpty, let url else { return nil }
        return CallbackTarget(
            url: url,
            method: method ?? .post,
            headers: headers,
            timeoutMilliseconds: timeout ?? CallbackTarget.defaultTimeoutMilliseconds,
            retry: retry,
            isOrdered: fields.isOrdered ?? false
        )
    }

    private mutating func url(_ text: BorrowedText, _ policy: CallbackPolicy?) -> CallbackURL? {
        guard (1...CallbackURL.maximumBytes).contains(text.byteCount) else {
            errors.invalid(form.url, "must have 1 to \(CallbackURL.maximumBytes) bytes, not \(text.byteCount)")
            return nil
        }
        guard let url = CallbackURL(text.makeString()) else {
            errors.invalid(form.url, "must be https://host[:port][/path][?query] in ASCII, without user and fragment")
            return nil
        }
        if let refusal = policy?.refusal(of: url) {
            errors.invalid(form.url, refusal)
            return nil
        }
        return url
    }

    private mutating func method(_ field: FieldValue) -> CallbackTarget.Method? {
        switch field {
        case .absent: return nil
        case .problem(let problem): errors.invalid(form.member("method"), problem.message)
        case .text(let text):
            if text.byteCount <= 6, let method = CallbackTarget.Method(rawValue: text.makeString()) { return method }
            errors.invalid(form.member("method"), "must be GET, POST, PUT, PATCH or DELETE")
        }
        return nil
    }

    /// An integer in plain digits within `range`; `nil` if it is absent or wrong.
    private mutating func integer(_ field: FieldValue, _ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        switch field {
        case .absent: return nil
        case .problem(let problem): errors.invalid(name, problem.message)
        case .text(let text):
            if let value = EpochMilliseconds(digits: text.raw)?.rawValue, range.contains(value) { return value }
            errors.invalid(name, "must be an integer from \(range.lowerBound) to \(range.upperBound) in plain digits")
        }
        return nil
    }

    private mutating func headers(_ fields: CallbackFields) -> [CallbackTarget.Header] {
        let field = form.member("headers")
        if let problem = fields.headersProblem {
            errors.invalid(field, problem.message)
            return []
        }
        let bytes = fields.headers.reduce(0) { $0 + $1.name.byteCount + ($1.value?.byteCount ?? 0) }
        guard fields.headers.count <= Limits.headers, bytes <= Limits.headerBytes else {
            errors.invalid(
                field,
                "must have at most \(Limits.headers) members with \(Limits.headerBytes) bytes in all"
            )
            return []
        }
        var headers: [CallbackTarget.Header] = []
        var names: Set<String> = []
        for (name, value) in fields.headers {
            let name = name.makeString()
            let lowercased = name.lowercased()
            if let fault = Self.fault(name: name, lowercased) ?? Self.fault(value: value) {
                errors.invalid(field, fault)
                return []
            }
            guard names.insert(lowercased).inserted else {
                errors.invalid(field, "must have each name once, whatever its letter case")
                return []
            }
            headers.append(CallbackTarget.Header(name, value?.makeString() ?? ""))
        }
        return headers
    }

    private static func fault(name: String, _ lowercased: String) -> String? {
        guard (1...Limits.headerNameBytes).contains(name.utf8.count), name.utf8.allSatisfy(isTokenByte) else {
            return "must have header field names: 1 to \(Limits.headerNameBytes) letters, digits or !#$%&'*+-.^_`|~"
        }
        let isReserved = reservedNames.contains(lowercased) || reservedPrefixes.contains { lowercased.hasPrefix($0) }
        return isReserved ? "must not set \(lowercased), which is the service's own" : nil
    }

    private static func fault(value: BorrowedText?) -> String? {
        guard let value else { return "must have strings as values" }
        guard value.byteCount <= Limits.headerValueBytes else {
            return "must have values of at most \(Limits.headerValueBytes) bytes"
        }
        let bytes = value.makeBytes()
        let isSafe = bytes.allSatisfy { 0x20...0x7E ~= $0 || $0 == 0x09 }
        let hasEdge = bytes.first == 0x20 || bytes.first == 0x09 || bytes.last == 0x20 || bytes.last == 0x09
        return isSafe && !hasEdge ? nil : "must have values of visible ASCII, with spaces and tabs only inside"
    }

    /// Names that a callback may not set: they say how a message is carried, or the contract defines their meaning.
    private static let reservedNames: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ]
    private static let reservedPrefixes = ["clockwork-", "proxy-", "webhook-"]

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
