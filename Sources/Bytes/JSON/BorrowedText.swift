/// A borrowed run of text whose form has been checked. If it comes from JSON, it is still escaped. It is valid as long
/// as the borrowed bytes.
package struct BorrowedText {
    /// The bytes, with escapes.
    package let raw: UnsafeRawBufferPointer
    /// The number of bytes once escapes are resolved.
    package let byteCount: Int

    /// Text between the quotes of a JSON string that has been scanned.
    @inlinable package init(raw: UnsafeRawBufferPointer, byteCount: Int) {
        self.raw = raw
        self.byteCount = byteCount
    }

    /// Text without escapes.
    @inlinable package init(plain raw: UnsafeRawBufferPointer) {
        self.raw = raw
        byteCount = raw.count
    }

    /// Whether there are escapes. Every escape is longer than its meaning.
    @inlinable package var hasEscapes: Bool { byteCount != raw.count }

    /// The text as a string; it must be UTF-8.
    @inlinable package func makeString() -> String {
        guard hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: byteCount) { buffer in
            JSONEscapes.resolve(raw, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The text as bytes.
    @inlinable package func makeBytes() -> [UInt8] {
        guard hasEscapes else { return [UInt8](raw) }
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = JSONEscapes.resolve(raw, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The text as a whole number; `nil` if it is none, or does not fit.
    package var integer: Int64? { Int64(makeString()) }

    /// Whether the text, with escapes resolved, equals this.
    @inlinable @inline(__always) package static func == (text: BorrowedText, name: StaticString) -> Bool {
        guard text.byteCount == name.utf8CodeUnitCount else { return false }
        if text.hasEscapes { return text.makeBytes().elementsEqual(name.bytes) }
        return text.raw.isEqual(to: name)
    }

    /// Lets a literal match the text in a `switch`.
    @inlinable package static func ~= (name: StaticString, text: BorrowedText) -> Bool { text == name }
}

extension StaticString {
    /// The bytes of a literal; they live as long as the process.
    @inlinable package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are exactly the bytes of `name`.
    @inlinable package func isEqual(to name: StaticString) -> Bool {
        count == name.utf8CodeUnitCount && starts(with: name)
    }

    /// Whether these bytes begin with those of `name`.
    @inlinable package func starts(with name: StaticString) -> Bool {
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
