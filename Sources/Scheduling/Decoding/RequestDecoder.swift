internal import Bytes

/// Turns intake records into requests, in either form. A value without state; may be used by many threads at once.
public struct RequestDecoder: Sendable {
    private let rules: RequestRules

    /// A decoder for the given limits.
    public init(rules: RequestRules) {
        self.rules = rules
    }

    /// Decodes an intake record: the binary form when it has a `clockwork-schedule-time` or `clockwork-action` header,
    /// else the structured form. One with all headers of a delivered record and no target is taken as structured, if its
    /// value is JSON.
    ///
    /// - Throws: what is wrong with the request; the record then belongs into the dead-letter topic.
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

    /// Decodes a structured request that has not been a record yet. Its `orderingKey` falls back to the `scheduleKey`
    /// for a create and to `nil` for a cancel; its offset is −1.
    ///
    /// - Parameters:
    ///   - body: the JSON of the request.
    ///   - headers: those the record will have; they count as they will then.
    ///   - action: what is asked for where the body does not say.
    /// - Throws: what is wrong with the request.
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

    /// The rejection of what is no JSON. Where a header is misspelt, the binary form was meant.
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

/// A structured request that has not been a record yet.
public struct BodyRequest: Sendable, Equatable {
    /// What is asked for.
    public var request: Request
    /// Whether it gives an ordering key itself.
    public var namesOrderingKey: Bool
    /// The names of its members without a meaning, of which at most eight are told, each of at most 64 bytes.
    public var ignoredMembers: [String]
}
