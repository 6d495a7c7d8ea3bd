internal import Bytes

/// Turns intake records into requests, in either form. A value without state; may be used by many threads at once.
public struct RequestDecoder: Sendable {
    private let rules: RequestRules

    /// A decoder for the given limits.
    public init(rules: RequestRules) {
        self.rules = rules
    }

    /// Decodes an intake record. It is in binary form if it has a `clockwork-schedule-time` or `clockwork-action`
    /// header, else in structured form. There is one exception: a record with all headers of a delivered record, no
    /// target and no action is structured if its value is JSON.
    ///
    /// - Throws: the errors of the request; the record then belongs in the dead-letter topic.
    public func decode(_ record: RecordView) throws(Rejection) -> Request {
        let headers = RequestHeaders(record.headers)
        switch headers.form {
        case .binary:
            return try decode(binary: record, headers)
        case .structured:
            return try decode(structured: record, headers)
        case .structuredWithCopies:
            do throws(Rejection) {
                return try decode(structured: record, headers)
            } catch {
                guard error.code == .invalidJSON else { throw error }
                return try decode(binary: record, headers)
            }
        }
    }

    private func decode(binary record: RecordView, _ headers: RequestHeaders) throws(Rejection) -> Request {
        var checker = RequestChecker(rules: rules, fallback: .recordKey(record.key))
        let fields = RequestFields(binary: record.value, headers.views)
        return try checker.request(fields, headers: headers, offset: record.offset)
    }

    private func decode(structured record: RecordView, _ headers: RequestHeaders) throws(Rejection) -> Request {
        guard let value = record.value else { throw Self.notJSON("the record value is null", headers) }
        return try decode(
            structured: value,
            headers: headers,
            offset: record.offset,
            fallback: .recordKey(record.key),
            action: .create
        ).request
    }

    /// Decodes a structured request that is not a record yet. Without an `orderingKey`, a create uses its
    /// `scheduleKey`, and a cancel has `nil`. The offset is −1.
    ///
    /// - Parameters:
    ///   - body: the JSON of the request.
    ///   - headers: the headers that the record will have; they count towards the limits as they do in a record.
    ///   - action: the action if the body names none.
    /// - Throws: the errors of the request.
    public func decode(
        body: UnsafeRawBufferPointer,
        headers: [HeaderView] = [],
        action: RequestAction = .create
    ) throws(Rejection) -> BodyRequest {
        try decode(
            structured: body,
            headers: RequestHeaders(headers),
            offset: -1,
            fallback: .scheduleKey,
            action: action
        )
    }

    /// The rejection of a value that is not JSON. If a header is misspelt, the client meant the binary form, and the
    /// header is reported.
    private static func notJSON(_ reason: String, _ headers: RequestHeaders) -> Rejection {
        headers.misspelt.map(Rejection.misspeltHeader) ?? .invalidJSON(reason)
    }

    private func decode(
        structured bytes: UnsafeRawBufferPointer,
        headers: RequestHeaders,
        offset: Int64,
        fallback: OrderingKeyFallback,
        action: RequestAction
    ) throws(Rejection) -> BodyRequest {
        let fields: RequestFields
        do {
            fields = try RequestFields(structured: bytes)
        } catch {
            throw Self.notJSON(error.description, headers)
        }
        var checker = RequestChecker(rules: rules, fallback: fallback, defaultAction: action)
        return BodyRequest(
            request: try checker.request(fields, headers: headers, offset: offset),
            namesOrderingKey: !fields.orderingKey.isAbsent,
            ignoredMembers: fields.hasUnknownMembers && offset < 0 ? RequestFields.unknownMembers(of: bytes) : []
        )
    }
}

/// A structured request that is not a record yet.
public struct BodyRequest: Sendable, Equatable {
    /// The request itself.
    public var request: Request
    /// Whether the body names an ordering key.
    public var namesOrderingKey: Bool
    /// The names of unknown members: at most eight names, of at most 64 bytes each.
    public var ignoredMembers: [String]
}
