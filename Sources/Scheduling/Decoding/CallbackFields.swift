internal import Bytes

/// The members of a `delivery` object with a `url`, as they were found. Borrowed from the request.
///
/// They are read in a second pass, and only if there is a `url`. So a request for a topic does not pay for them.
struct CallbackFields {
    var method = FieldValue.absent
    var timeout = FieldValue.absent
    var maxAttempts = FieldValue.absent
    var initialBackoff = FieldValue.absent
    var maxBackoff = FieldValue.absent
    /// The problem of the `retry` object as a whole.
    var retryProblem: FieldProblem?
    /// The header fields in order; the value is `nil` if it is not a string.
    var headers: [(name: BorrowedText, value: BorrowedText?)] = []
    /// The problem of the `headers` object as a whole.
    var headersProblem: FieldProblem?
    var isOrdered: Bool?
    var orderedProblem: FieldProblem?
    /// The first unknown member of the `retry` object.
    var unknownRetryMember: BorrowedText?

    /// The fields of a target that consists of a URL alone.
    init() {}

    /// Whether `name` is a member that a `delivery` object may have beside its `url`.
    static func isKnown(_ name: BorrowedText) -> Bool {
        name == "method" || name == "headers" || name == "timeoutMs" || name == "retry" || name == "ordered"
    }

    /// Reads a `delivery` object. Unknown members are skipped here; `RequestFields` reports them.
    ///
    /// - Throws: if `bytes` are not one JSON object.
    init(delivery bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        try scanner.enterText()
        var isFirst = true
        var hasHeaders = false
        var hasRetry = false
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if name == "method" {
                try scanner.scanText(into: &method)
            } else if name == "timeoutMs" {
                try scanner.scanNumber(into: &timeout)
            } else if name == "headers" {
                guard try Self.enterObject(&scanner, &hasHeaders, &headersProblem) else { continue }
                try scanHeaders(&scanner)
            } else if name == "retry" {
                guard try Self.enterObject(&scanner, &hasRetry, &retryProblem) else { continue }
                try scanRetry(&scanner)
            } else if name == "ordered" {
                let value = try scanner.scanValue()
                if isOrdered != nil || orderedProblem != nil {
                    orderedProblem = .repeated
                } else if case .boolean(let isTrue) = value {
                    isOrdered = isTrue
                } else {
                    orderedProblem = value.problem(otherwise: .notBoolean)
                }
            } else {
                _ = try scanner.scanValue()
            }
        }
        try scanner.finish()
    }

    private mutating func scanHeaders(_ scanner: inout JSONScanner) throws(JSONError) {
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            var text: BorrowedText?
            if case .string(let value) = try scanner.scanValue() { text = value }
            headers.append((name, text))
        }
    }

    private mutating func scanRetry(_ scanner: inout JSONScanner) throws(JSONError) {
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if name == "maxAttempts" {
                try scanner.scanNumber(into: &maxAttempts)
            } else if name == "initialBackoffMs" {
                try scanner.scanNumber(into: &initialBackoff)
            } else if name == "maxBackoffMs" {
                try scanner.scanNumber(into: &maxBackoff)
            } else {
                unknownRetryMember = unknownRetryMember ?? name
                _ = try scanner.scanValue()
            }
        }
    }

    /// Enters a value, which must be an object and must not be repeated. Otherwise it notes the problem and skips the
    /// value.
    private static func enterObject(
        _ scanner: inout JSONScanner,
        _ wasGiven: inout Bool,
        _ problem: inout FieldProblem?
    ) throws(JSONError) -> Bool {
        defer { wasGiven = true }
        guard !wasGiven, scanner.isAtObject() else {
            let value = try scanner.scanValue()
            problem = wasGiven ? .repeated : value.problem(otherwise: .notObject)
            return false
        }
        try scanner.enter()
        return true
    }
}
