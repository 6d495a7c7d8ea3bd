internal import Bytes

/// Applies the contract's rules to the fields of one request, in the order of its table, and builds the request.
struct RequestChecker {
    private let rules: RequestRules
    private var form = RequestForm.structured
    private let fallback: OrderingKeyFallback
    private let defaultAction: RequestAction
    private var errors = FieldErrors()

    init(
        rules: RequestRules,
        fallback: OrderingKeyFallback,
        defaultAction: RequestAction = .create
    ) {
        self.rules = rules
        self.fallback = fallback
        self.defaultAction = defaultAction
    }

    /// The request, if no rule is broken.
    ///
    /// A cancel may omit the fields that only a create needs. If a cancel has them, their form is checked, but not
    /// whether the delivery would be allowed, because there will be none.
    mutating func request(
        _ fields: RequestFields,
        headers: RequestHeaders,
        offset: Int64
    ) throws(Rejection) -> Request {
        form = fields.form
        // An unknown action does not say which fields are required. The request is rejected; until then it is treated
        // like a cancel.
        let action = action(fields.action)
        let isCreate = action == .create
        let clientID = string(fields.clientID, form.clientID, limit: RequestLimits.clientID)
        let scheduleKey = scheduleKey(fields)
        let orderingKey = orderingKey(fields.orderingKey, scheduleKey: isCreate ? scheduleKey : nil)
        checkPayload(fields.taskData, carriedBytes: headers.carriedBytes, isCreate: isCreate)
        let target = target(fields, isCreate: isCreate)
        let time = time(fields.scheduleTime, isCreate: isCreate)
        if let name = fields.unknownDeliveryMember {
            errors.invalid(form.member(name.shown), BorrowedText.unknown)
        }
        if let name = headers.misspelt { errors.misspelt(name) }

        guard errors.isEmpty, let clientID, let scheduleKey else { throw errors.rejection() }
        let key = ScheduleKey(clientID: clientID, scheduleKey: scheduleKey)
        guard isCreate else {
            return .cancel(Cancellation(key: key, orderingKey: orderingKey, offset: offset))
        }
        guard let orderingKey, let target, let time else { throw errors.rejection() }
        let schedule = Schedule(
            key: key,
            position: Position(time: time, offset: offset),
            orderingKey: orderingKey,
            target: target,
            payload: payload(fields.taskData),
            headers: headers.carried()
        )
        return .create(schedule)
    }

    private mutating func action(_ field: FieldValue) -> RequestAction? {
        switch field {
        case .absent:
            return defaultAction
        case .text(let text) where text == "create":
            return .create
        case .text(let text) where text == "cancel":
            return .cancel
        case .text:
            errors.invalid(form.action, "must be \"create\" or \"cancel\"")
        case .problem(let problem):
            errors.invalid(form.action, problem.message)
        }
        return nil
    }

    /// A required field with 1 to `limit` bytes.
    private mutating func string(_ field: FieldValue, _ name: String, limit: Int) -> String? {
        switch field {
        case .absent:
            errors.missing(name)
        case .text(let text) where (1...limit).contains(text.byteCount):
            return text.makeString()
        case .text(let text):
            errors.invalid(name, "must have 1 to \(limit) bytes, not \(text.byteCount)")
        case .problem(let problem):
            errors.invalid(name, problem.message)
        }
        return nil
    }

    private mutating func scheduleKey(_ fields: RequestFields) -> String? {
        guard !fields.scheduleID.isAbsent else {
            return string(fields.scheduleKey, form.scheduleKey, limit: RequestLimits.scheduleKey)
        }
        guard fields.scheduleKey.isAbsent else {
            errors.invalid(form.scheduleKey, "is given together with its alias \(form.scheduleID)")
            return nil
        }
        return string(fields.scheduleID, form.scheduleID, limit: RequestLimits.scheduleKey)
    }

    private mutating func orderingKey(_ field: FieldValue, scheduleKey: String?) -> String? {
        guard field.isAbsent else {
            let key = string(field, form.orderingKey, limit: RequestLimits.orderingKey)
            if let key { checkRecordKey(key) }
            return key
        }
        switch fallback {
        case .scheduleKey:
            return scheduleKey
        case .recordKey(nil):
            errors.add(.missingField, form.orderingKey, "is missing, and the record has no key to stand in for it")
        case .recordKey(let key?) where !(1...RequestLimits.orderingKey).contains(key.count):
            let limit = RequestLimits.orderingKey
            errors.invalid(form.orderingKey, "is the record key, which must have 1 to \(limit) bytes, not \(key.count)")
        case .recordKey(let key?):
            guard UTF8Form.isValid(key) else {
                errors.invalid(form.orderingKey, "is the record key, which is not valid UTF-8")
                return nil
            }
            return String(decoding: key, as: UTF8.self)
        }
        return nil
    }

    /// The record key chooses the partition. A request that names another ordering key would not reach the partition of
    /// that key.
    private mutating func checkRecordKey(_ orderingKey: String) {
        guard case .recordKey(let recordKey) = fallback else { return }
        guard let recordKey else {
            return errors.invalid(form.orderingKey, "is given, but the record key, which must be the same, is missing")
        }
        var orderingKey = orderingKey
        let isSame = orderingKey.withUTF8 { UnsafeRawBufferPointer($0).elementsEqual(recordKey) }
        if !isSame { errors.invalid(form.orderingKey, "differs from the record key, which must be the same") }
    }

    private mutating func checkPayload(_ field: FieldValue, carriedBytes: Int, isCreate: Bool) {
        var bytes = 0
        switch field {
        case .absent:
            if isCreate, form == .structured { errors.missing(form.taskData) }
        case .text(let text):
            bytes = text.byteCount
        case .problem(let problem):
            errors.invalid(form.taskData, problem.message)
            return
        }
        guard isCreate else { return }
        bytes += carriedBytes
        if bytes > rules.maxPayloadBytes {
            errors.add(
                .payloadTooLarge,
                form.taskData,
                "has \(bytes) bytes together with the carried headers, and \(rules.maxPayloadBytes) are allowed"
            )
        }
    }

    private func payload(_ field: FieldValue) -> [UInt8]? {
        if case .text(let text) = field { text.makeBytes() } else { nil }
    }

    private mutating func target(_ fields: RequestFields, isCreate: Bool) -> DeliveryTarget? {
        switch fields.delivery {
        case .absent:
            if isCreate { errors.missing(form.delivery) }
            return nil
        case .problem(let problem):
            errors.invalid(form.deliveryObject, problem.message)
            return nil
        case .present:
            break
        }
        switch (fields.topic, fields.url) {
        case (.absent, .absent):
            if isCreate { errors.missing(form.topic) }
        case (.absent, .problem(let problem)):
            errors.invalid(form.url, problem.message)
        case (.absent, .text(let text)):
            return callback(text, fields.deliveryObject, isCreate: isCreate)
        case (.problem(let problem), .absent):
            errors.invalid(form.topic, problem.message)
        case (.text(let text), .absent):
            return target(topic: text.makeString(), isCreate: isCreate)
        default:
            errors.invalid(form.delivery, "must be one target, a topic or a url, not both")
        }
        return nil
    }

    private mutating func callback(
        _ url: BorrowedText,
        _ delivery: UnsafeRawBufferPointer?,
        isCreate: Bool
    ) -> DeliveryTarget? {
        var checker = CallbackChecker(form: form)
        // The object has been scanned before, so it is JSON.
        let fields = delivery.flatMap { try? CallbackFields(delivery: $0) } ?? CallbackFields()
        let target = checker.target(url, fields, policy: isCreate ? rules.callbackPolicy : nil)
        errors.add(checker.errors)
        return target.map(DeliveryTarget.callback)
    }

    private mutating func target(topic: String, isCreate: Bool) -> DeliveryTarget? {
        guard TopicName.isLegal(topic) else {
            errors.invalid(form.topic, "must be a legal topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'")
            return nil
        }
        guard !isCreate || rules.topicPolicy.allows(topic) else {
            let shown = topic.utf8.count <= 64 ? topic : "\(topic.prefix(64))…"
            errors.add(.topicNotAllowed, form.topic, "must not be \(shown): deliveries into it are not allowed")
            return nil
        }
        return .topic(topic)
    }

    private mutating func time(_ field: FieldValue, isCreate: Bool) -> EpochMilliseconds? {
        switch field {
        case .absent:
            if isCreate { errors.missing(form.scheduleTime) }
        case .problem(let problem):
            errors.invalid(form.scheduleTime, problem.message)
        case .text(let text):
            if let time = EpochMilliseconds(digits: text.raw) {
                guard time.rawValue == 0 || time >= .earliestRequested else {
                    errors.invalid(
                        form.scheduleTime,
                        "is in milliseconds, and \(time.rawValue) lies before 2001-09-09: are these seconds? 0 means at once"
                    )
                    return nil
                }
                return time
            }
            let latest = EpochMilliseconds.maximum.rawValue
            errors.invalid(form.scheduleTime, "must be an integer from 0 to \(latest) in plain digits")
        }
        return nil
    }
}

extension EpochMilliseconds {
    /// Reads `0`, or digits that do not begin with `0`; `nil` for any other text, and beyond the maximum.
    init?(digits: UnsafeRawBufferPointer) {
        guard (1...15).contains(digits.count) else { return nil }
        guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        guard value <= Self.maximum.rawValue else { return nil }
        self.init(rawValue: value)
    }
}
