/// A JSON value as a tree, for small texts.
package enum JSONValue: Equatable {
    /// A string, escapes resolved.
    case string(String)
    /// A number, as it is written.
    case number(String)
    /// `true` or `false`.
    case boolean(Bool)
    /// `null`.
    case null
    /// An array.
    case array([JSONValue])
    /// An object. If a name is repeated, its last value counts.
    case object([String: JSONValue])

    /// Reads one JSON text (RFC 8259); `nil` if `bytes` are not one, or are nested deeper than
    /// ``JSONScanner/maximumDepth``.
    package init?(_ bytes: some Collection<UInt8>) {
        let value = Array(bytes).withUnsafeBytes { bytes -> JSONValue? in
            var scanner = JSONScanner(bytes)
            guard let value = try? Self.read(&scanner), (try? scanner.finish()) != nil else { return nil }
            return value
        }
        guard let value else { return nil }
        self = value
    }

    private static func read(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
        var isFirst = true
        if scanner.isAtObject() {
            try scanner.enter()
            var members: [String: JSONValue] = [:]
            while let name = try scanner.nextMember(isFirst: &isFirst) {
                members[name.makeString()] = try read(&scanner)
            }
            return .object(members)
        }
        if scanner.isAtArray() {
            try scanner.enter()
            var elements: [JSONValue] = []
            while try scanner.nextElement(isFirst: &isFirst) { elements.append(try read(&scanner)) }
            return .array(elements)
        }
        switch try scanner.scanValue() {
        case .string(let text): return .string(text.makeString())
        case .number(let text): return .number(text.makeString())
        case .boolean(let isTrue): return .boolean(isTrue)
        case .null: return .null
        case .object, .array: throw scanner.error(.otherThanExpected)
        }
    }

    /// The value of a member; `nil` if there is no such member, or if this is not an object.
    package subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The text of a string.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number without fraction or exponent that fits.
    package var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    /// The elements of an array.
    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
