internal import Bytes

extension RequestFields {
    /// Reads the fields of a structured request in one pass, without copying.
    ///
    /// - Throws: if `bytes` are not one JSON object in UTF-8.
    init(structured bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        try scanner.enterText()
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            // Comparing lengths first makes this chain cheap.
            if name == "clientId" {
                try scanner.scanText(into: &clientID)
            } else if name == "scheduleKey" {
                try scanner.scanText(into: &scheduleKey)
            } else if name == "taskData" {
                try scanner.scanText(into: &taskData)
            } else if name == "delivery" {
                try scanDelivery(&scanner)
            } else if name == "scheduleTime" {
                try scanner.scanNumber(into: &scheduleTime)
            } else if name == "orderingKey" {
                try scanner.scanText(into: &orderingKey)
            } else if name == "action" {
                try scanner.scanText(into: &action)
            } else if name == "scheduleId" {
                try scanner.scanText(into: &scheduleID)
            } else {
                hasUnknownMembers = true
                _ = try scanner.scanValue()
            }
        }
        try scanner.finish()
    }

    /// Whether `name` is a member that requests may have.
    private static func isKnown(_ name: BorrowedText) -> Bool {
        name == "clientId" || name == "scheduleKey" || name == "taskData" || name == "delivery"
            || name == "scheduleTime" || name == "orderingKey" || name == "action" || name == "scheduleId"
    }

    /// The names of the first unknown members; long names are cut. This reads the request again, so only requests with
    /// such members pay for it.
    static func unknownMembers(of bytes: UnsafeRawBufferPointer) -> [String] {
        var names: [String] = []
        // The request has been scanned before, so it is JSON.
        try? {
            var scanner = JSONScanner(bytes)
            try scanner.enterText()
            var isFirst = true
            while let name = try scanner.nextMember(isFirst: &isFirst), names.count < 8 {
                if !isKnown(name) { names.append(name.shown) }
                _ = try scanner.scanValue()
            }
        }()
        return names
    }

    /// Reads a `delivery` object.
    mutating func scanDelivery(_ scanner: inout JSONScanner) throws(JSONError) {
        if case .absent = delivery {
            delivery = .present
        } else {
            delivery = .problem(.repeated)
            _ = try scanner.scanValue()
            return
        }
        guard scanner.isAtObject() else {
            let value = try scanner.scanValue()
            delivery = .problem(value.problem(otherwise: .notObject))
            return
        }
        let start = scanner.position
        try scanner.enter()
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if name == "topic" {
                try scanner.scanText(into: &topic)
            } else if name == "url" {
                try scanner.scanText(into: &url)
            } else {
                if !CallbackFields.isKnown(name), unknownDeliveryMember == nil { unknownDeliveryMember = name }
                _ = try scanner.scanValue()
            }
        }
        deliveryObject = UnsafeRawBufferPointer(rebasing: scanner.bytes[start..<scanner.position])
    }
}

extension JSONScanner {
    mutating func scanText(into field: inout FieldValue) throws(JSONError) {
        let value = try scanValue()
        guard field.isAbsent else {
            field = .problem(.repeated)
            return
        }
        if case .string(let text) = value {
            field = .text(text)
        } else {
            field = .problem(value.problem(otherwise: .notString))
        }
    }

    mutating func scanNumber(into field: inout FieldValue) throws(JSONError) {
        let value = try scanValue()
        guard field.isAbsent else {
            field = .problem(.repeated)
            return
        }
        if case .number(let text) = value {
            field = .text(text)
        } else {
            field = .problem(value.problem(otherwise: .notInteger))
        }
    }
}

extension JSONScanner.Value {
    /// The problem of a value that has the wrong type.
    func problem(otherwise problem: FieldProblem) -> FieldProblem {
        if case .null = self { .null } else { problem }
    }
}
