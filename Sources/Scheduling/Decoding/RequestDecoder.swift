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
        switch RequestHeader.form(record.headers) {
        case .binary:
            return try decode(binary: record)
        case .structured:
            return try decode(structured: record)
        case .structuredWithCopies:
            do throws(Rejection) {
                return try decode(structured: record)
            } catch {
                guard error.code == .invalidJSON else { throw error }
                return try decode(binary: record)
            }
        }
    }

    private func decode(binary record: RecordView) throws(Rejection) -> Request {
        var checker = RequestChecker(rules: rules, form: .binary, fallback: .recordKey(record.key))
        return try checker.request(RequestFields(binary: record), headers: record.headers, offset: record.offset)
    }

    private func decode(structured record: RecordView) throws(Rejection) -> Request {
        guard let value = record.value else { throw Self.notJSON("the record value is null", record.headers) }
        return try decode(
            structured: value,
            headers: record.headers,
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
        try decode(structured: body, headers: headers, offset: -1, fallback: .scheduleKey, action: action)
    }

    /// The rejection of what is no JSON. Where a header is misspelt, the binary form was meant.
    private static func notJSON(_ reason: String, _ headers: [HeaderView]) -> Rejection {
        RequestHeader.unknown(headers).map(Rejection.unknownHeader) ?? .invalidJSON(reason)
    }

    private func decode(
        structured bytes: UnsafeRawBufferPointer,
        headers: [HeaderView],
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
        var checker = RequestChecker(rules: rules, form: .structured, fallback: fallback, defaultAction: action)
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
