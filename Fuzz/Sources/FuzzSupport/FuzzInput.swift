/// The bytes that libFuzzer made up, taken apart from front to back. Past their end every byte is 0.
public struct FuzzInput {
    private var rest: UnsafeRawBufferPointer

    /// The input of one run.
    public init(_ start: UnsafePointer<UInt8>, _ count: Int) {
        rest = UnsafeRawBufferPointer(start: count > 0 ? start : nil, count: count)
    }

    /// Whether everything has been taken.
    public var isEmpty: Bool { rest.isEmpty }

    /// One byte.
    public mutating func takeByte() -> UInt8 {
        guard let byte = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return byte
    }

    /// So many bytes as the next byte says, or what is left.
    public mutating func takeShort() -> [UInt8] {
        let count = Int(takeByte())
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
        return Array(rest.prefix(count))
    }

    /// As `takeShort`; `nil` where the byte that stands for the length is 255.
    public mutating func takeShortOrNull() -> [UInt8]? {
        guard rest.first != .max else {
            _ = takeByte()
            return nil
        }
        return takeShort()
    }

    /// All that is left.
    public mutating func takeRest() -> [UInt8] {
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.suffix(0)) }
        return Array(rest)
    }
}
