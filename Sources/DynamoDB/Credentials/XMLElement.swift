/// An element of a small XML document, such as an answer of the security token service.
///
/// The reader is strict and bounded. It accepts elements, attributes (which are skipped), text, the five named entities
/// and character references. A document with anything else (a document type, processing instructions, comments) cannot
/// be read.
struct XMLElement: Equatable {
    /// The tag, prefix included.
    let name: String
    /// The elements inside, in order.
    let children: [XMLElement]
    /// The text directly inside. It is not used if there are elements inside.
    let text: String

    /// The first element inside with the given name.
    subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// Reads a whole document; `nil` if the bytes are not one.
    init?(_ document: [UInt8]) {
        guard let text = String(validating: document, as: UTF8.self) else { return nil }
        var reader = Reader(rest: text.unicodeScalars[...])
        if reader.take("<?xml ") {
            guard reader.text(upTo: "?>") != nil else { return nil }
        }
        reader.skipSpace()
        guard let root = reader.element(depth: 1) else { return nil }
        reader.skipSpace()
        guard reader.rest.isEmpty else { return nil }
        self = root
    }

    private init(name: String, children: [XMLElement], text: String) {
        self.name = name
        self.children = children
        self.text = text
    }

    private struct Reader {
        var rest: Substring.UnicodeScalarView

        private static let maximumDepth = 16

        mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.unicodeScalars) else { return false }
            rest = rest.dropFirst(text.unicodeScalars.count)
            return true
        }

        mutating func skipSpace() {
            rest = rest.drop { $0.properties.isPatternWhitespace }
        }

        /// The text before `end`. `end` is consumed as well.
        mutating func text(upTo end: String) -> String? {
            var text = ""
            while !rest.isEmpty {
                if take(end) { return text }
                text.unicodeScalars.append(rest.removeFirst())
            }
            return nil
        }

        mutating func name() -> String? {
            let name = rest.prefix { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", ":": true
                default: false
                }
            }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : String(name)
        }

        mutating func element(depth: Int) -> XMLElement? {
            guard depth <= Self.maximumDepth, take("<"), let name = name() else { return nil }
            skipSpace()
            while !take(">") {
                if take("/>") { return XMLElement(name: name, children: [], text: "") }
                guard self.name() != nil, take("=\""), let value = text(upTo: "\""), !value.contains("<") else {
                    return nil
                }
                skipSpace()
            }
            var children: [XMLElement] = []
            var text = ""
            while !take("</") {
                guard let next = rest.first else { return nil }
                switch next {
                case "<":
                    guard let child = element(depth: depth + 1) else { return nil }
                    children.append(child)
                case "&":
                    rest.removeFirst()
                    guard let scalar = self.text(upTo: ";").flatMap(Self.entity) else { return nil }
                    text.unicodeScalars.append(scalar)
                default: text.unicodeScalars.append(rest.removeFirst())
                }
            }
            guard self.name() == name else { return nil }
            skipSpace()
            return take(">") ? XMLElement(name: name, children: children, text: text) : nil
        }

        private static func entity(_ name: String) -> Unicode.Scalar? {
            switch name {
            case "amp": "&"
            case "lt": "<"
            case "gt": ">"
            case "quot": "\""
            case "apos": "'"
            case _ where name.hasPrefix("#x"): UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            case _ where name.hasPrefix("#"): UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init)
            default: nil
            }
        }
    }
}
