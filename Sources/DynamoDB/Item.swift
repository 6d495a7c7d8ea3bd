/// The value of an attribute, of a type that Clockwork stores.
public enum AttributeValue: Hashable, Sendable {
    /// Text (`S`).
    case string(String)
    /// A decimal number of up to 38 significant digits (`N`), as text so that no digit is lost.
    case number(String)
    /// Bytes (`B`).
    case binary([UInt8])
}

/// An item, or the key of one: named values in their original order.
///
/// An item has a dozen attributes at most, so a name is found by a linear search.
public struct Item: Sendable, ExpressibleByDictionaryLiteral {
    /// One named value.
    public struct Attribute: Hashable, Sendable {
        /// The name, 1 to 255 bytes here.
        public var name: String
        /// The value.
        public var value: AttributeValue

        /// An attribute from its parts.
        public init(name: String, value: AttributeValue) {
            self.name = name
            self.value = value
        }
    }

    /// The attributes; no name twice.
    public private(set) var attributes: [Attribute]

    /// An item from names and values; no name twice.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        attributes = elements.map { Attribute(name: $0, value: $1) }
    }

    /// The value of an attribute; `nil` if there is none. Setting `nil` removes the attribute.
    public subscript(name: String) -> AttributeValue? {
        get { attributes.first { $0.name == name }?.value }
        set {
            let index = attributes.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): attributes[index].value = value
            case (let index?, nil): attributes.remove(at: index)
            case (nil, let value?): attributes.append(Attribute(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The attribute's text; `nil` if there is no attribute of that type.
    public func string(_ name: String) -> String? {
        if case .string(let text) = self[name] { text } else { nil }
    }

    /// The attribute's number as text; `nil` if there is no attribute of that type.
    public func number(_ name: String) -> String? {
        if case .number(let text) = self[name] { text } else { nil }
    }

    /// The attribute's bytes; `nil` if there is no attribute of that type.
    public func binary(_ name: String) -> [UInt8]? {
        if case .binary(let bytes) = self[name] { bytes } else { nil }
    }

    mutating func append(_ name: String, _ value: AttributeValue) {
        attributes.append(Attribute(name: name, value: value))
    }
}

extension Item {
    /// The size in bytes of the largest item that DynamoDB accepts, counted as `sizeInBytes` does.
    public static let maximumBytes = 409_600

    /// The size as DynamoDB counts it. Names and text count in UTF-8, and bytes as they are. A number counts one byte
    /// for every two significant digits, plus one, plus one for a minus sign.
    ///
    /// [Item sizes and formats](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)
    public var sizeInBytes: Int {
        attributes.reduce(0) { $0 + $1.name.utf8.count + $1.value.sizeInBytes }
    }
}

extension AttributeValue {
    var sizeInBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        case .number(let text):
            // Leading and trailing zeros are counted as significant. That overestimates by a few bytes.
            (text.utf8.count { 0x30...0x39 ~= $0 } + 1) / 2 + 1 + (text.utf8.first == UInt8(ascii: "-") ? 1 : 0)
        }
    }
}
