/// The headers of a Kafka record, packed into one run of bytes: order, repeats and null values kept.
///
/// One allocation holds them all (none when there are no headers), and the same bytes go to the store unchanged.
///
/// Layout, for each header: name length (UInt32, little endian), name, value length (UInt32; `0xFFFFFFFF` stands for
/// null), value.
public struct RecordHeaders: Hashable, Sendable {
    /// The packed form; kept by stores as one binary value.
    public private(set) var packed: [UInt8]

    private static let nullLength = UInt32.max

    /// No headers.
    public init() {
        packed = []
    }

    /// Takes packed bytes, as a store gave them back.
    ///
    /// - Returns: `nil` when the bytes do not have the layout above.
    public init?(packed: [UInt8]) {
        self.packed = packed
        var rest = packed[...]
        while !rest.isEmpty {
            guard let nameLength = Self.takeLength(&rest), Int(nameLength) <= rest.count else { return nil }
            rest = rest.dropFirst(Int(nameLength))
            guard let valueLength = Self.takeLength(&rest) else { return nil }
            guard valueLength != Self.nullLength else { continue }
            guard Int(valueLength) <= rest.count else { return nil }
            rest = rest.dropFirst(Int(valueLength))
        }
    }

    /// Reserves `bytes` more, so that headers of that total size are appended in one allocation.
    public mutating func reserve(bytes: Int) {
        packed.reserveCapacity(packed.count + bytes)
    }

    /// What a header adds to the packed form: name, value and 8 bytes for their lengths.
    public static func packedBytes(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) -> Int {
        name.count + (value?.count ?? 0) + 8
    }

    /// Whether there is none.
    public var isEmpty: Bool { packed.isEmpty }

    /// Appends a header; `value` is `nil` for a null value.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        appendLength(UInt32(name.count))
        packed.append(contentsOf: name)
        guard let value else {
            appendLength(Self.nullLength)
            return
        }
        appendLength(UInt32(value.count))
        packed.append(contentsOf: value)
    }

    /// Appends a header with text as its value.
    public mutating func append(name: String, value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
            }
        }
    }

    /// Calls `body` for each header in order. The pointers are valid during the call only.
    public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void) {
        packed.withUnsafeBytes { Self.forEach(in: $0, body) }
    }

    /// Lends all headers at once, in the form in which a record's headers are lent. The pointers are valid during the
    /// call only.
    public func withViews<Outcome, Failure>(
        _ body: ([HeaderView]) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        try packed.withUnsafeBufferPointer { (bytes) throws(Failure) in
            var views: [HeaderView] = []
            Self.forEach(in: UnsafeRawBufferPointer(bytes)) { views.append(HeaderView(name: $0, value: $1)) }
            return try body(views)
        }
    }

    private static func forEach(
        in bytes: UnsafeRawBufferPointer,
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
    ) {
        var index = 0
        while index < bytes.count {
            let nameLength = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
            let name = UnsafeRawBufferPointer(rebasing: bytes[(index + 4)..<(index + 4 + nameLength)])
            index += 4 + nameLength
            let valueLength = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            index += 4
            if valueLength == Self.nullLength {
                body(name, nil)
            } else {
                let end = index + Int(valueLength)
                body(name, UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
                index = end
            }
        }
    }

    private mutating func appendLength(_ length: UInt32) {
        withUnsafeBytes(of: length.littleEndian) { packed.append(contentsOf: $0) }
    }

    private static func takeLength(_ bytes: inout ArraySlice<UInt8>) -> UInt32? {
        guard bytes.count >= 4 else { return nil }
        var length: UInt32 = 0
        for (shift, byte) in bytes.prefix(4).enumerated() {
            length |= UInt32(byte) << (8 * UInt32(shift))
        }
        bytes = bytes.dropFirst(4)
        return length
    }
}
