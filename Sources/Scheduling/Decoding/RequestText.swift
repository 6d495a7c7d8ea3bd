/// A run of text in a request, borrowed and still escaped, whose form has been checked.
struct RequestText {
    /// The bytes as they stand in the request.
    let raw: UnsafeRawBufferPointer
    /// The number of bytes once escapes are resolved.
    let byteCount: Int

    /// Text between the quotes of a JSON string that has been scanned.
    init(raw: UnsafeRawBufferPointer, byteCount: Int) {
        self.raw = raw
        self.byteCount = byteCount
    }

    /// Text without escapes.
    init(plain raw: UnsafeRawBufferPointer) {
        self.raw = raw
        byteCount = raw.count
    }

    /// Every escape is longer than what it stands for.
    private var hasEscapes: Bool { byteCount != raw.count }

    /// The text as a string; it has to be UTF-8.
    func makeString() -> String {
        guard hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: byteCount) { buffer in
            JSONEscapes.resolve(raw, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The text as bytes.
    func makeBytes() -> [UInt8] {
        guard hasEscapes else { return [UInt8](raw) }
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = JSONEscapes.resolve(raw, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// What is wrong with a member that has no meaning where it stands.
    static let unknown = "is not known here"

    /// At most 64 bytes of a name that a client has chosen, for an error that names it.
    var shown: String { Self.shown(makeBytes()[...]) }

    /// At most 64 bytes of a name that a client has chosen.
    static func shown(_ name: some Collection<UInt8>) -> String { String(decoding: name.prefix(64), as: UTF8.self) }

    static func == (text: RequestText, name: StaticString) -> Bool {
        guard text.byteCount == name.utf8CodeUnitCount else { return false }
        if text.hasEscapes { return text.makeBytes().elementsEqual(name.bytes) }
        return text.raw.isEqual(to: name)
    }
}

extension StaticString {
    /// The bytes of a literal; they live as long as the process.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are exactly the bytes of `name`.
    func isEqual(to name: StaticString) -> Bool {
        count == name.utf8CodeUnitCount && starts(with: name)
    }

    /// Whether these bytes begin with those of `name`.
    func starts(with name: StaticString) -> Bool {
        let name = name.bytes
        guard count >= name.count else { return false }
        var index = 0
        while index + 8 <= name.count {
            guard
                loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    == name.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index += 8
        }
        while index < name.count {
            guard self[index] == name[index] else { return false }
            index += 1
        }
        return true
    }
}
