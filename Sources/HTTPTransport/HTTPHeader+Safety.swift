extension HTTPHeader {
    /// Whether the field can be sent as one line without a change of its meaning.
    var isSafe: Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ";") }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            && (value.isEmpty || value.utf8.contains { !$0.isHTTPSpace })
    }
}

extension UInt8 {
    var isHTTPSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0A }
}
