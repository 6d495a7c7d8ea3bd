internal import Bytes

/// Reads an answer of DynamoDB from front to back, without building a tree: the caller takes what it knows and skips
/// the rest.
///
/// A caller that reads a value must read the whole of it before the next one. What it reads must outlive it.
struct AnswerReader {
    private var scanner: JSONScanner
    /// The capacity units that members passed over by ``skipMember(_:)`` name.
    private(set) var consumedCapacity = 0.0

    init(_ bytes: UnsafeRawBufferPointer) {
        scanner = JSONScanner(bytes)
    }

    /// Reads an answer with `decode`, all of it; `nil` when it is not the JSON that `decode` expects.
    static func read<Output>(
        _ answer: [UInt8],
        _ decode: (inout AnswerReader) throws(JSONError) -> Output
    ) -> (output: Output, consumedCapacity: Double)? {
        answer.withUnsafeBytes { bytes in
            var reader = AnswerReader(bytes)
            guard let output = try? decode(&reader), (try? reader.scanner.finish()) != nil else { return nil }
            return (output, reader.consumedCapacity)
        }
    }

    /// Calls `body` with the name of each member; `body` reads or skips its value.
    mutating func readObject(
        _ body: (inout AnswerReader, _ name: BorrowedText) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard scanner.isAtObject() else { throw otherThanExpected }
        try scanner.enter()
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) { try body(&self, name) }
    }

    /// Calls `body` for each element; `body` reads or skips it.
    mutating func readArray(_ body: (inout AnswerReader) throws(JSONError) -> Void) throws(JSONError) {
        guard scanner.isAtArray() else { throw otherThanExpected }
        try scanner.enter()
        var isFirst = true
        while try scanner.nextElement(isFirst: &isFirst) { try body(&self) }
    }

    mutating func readString() throws(JSONError) -> String {
        try readText().makeString()
    }

    /// Reads a string of base64 and gives the bytes it stands for.
    mutating func readBase64() throws(JSONError) -> [UInt8] {
        let text = try readText()
        let value = text.hasEscapes ? Base64.decode(text.makeBytes()) : Base64.decode(text.raw)
        guard let value else { throw otherThanExpected }
        return value
    }

    /// Reads past one value of any kind.
    mutating func skipValue() throws(JSONError) {
        _ = try scanner.scanValue()
    }

    /// Reads past a member of an answer that is not looked for, and adds the capacity it says was consumed.
    mutating func skipMember(_ name: BorrowedText) throws(JSONError) {
        guard name == "ConsumedCapacity" else { return try skipValue() }
        if scanner.isAtArray() {
            try readArray { (reader) throws(JSONError) in try reader.readConsumedCapacity() }
        } else {
            try readConsumedCapacity()
        }
    }

    /// The error for JSON that is not what was looked for.
    var otherThanExpected: JSONError { scanner.error(.otherThanExpected) }

    private mutating func readConsumedCapacity() throws(JSONError) {
        try readObject { (reader, name) throws(JSONError) in
            guard name == "CapacityUnits" else { return try reader.skipValue() }
            guard case .number(let text) = try reader.scanner.scanValue(), let units = Double(text.makeString()) else {
                throw reader.otherThanExpected
            }
            reader.consumedCapacity += units
        }
    }

    private mutating func readText() throws(JSONError) -> BorrowedText {
        guard case .string(let text) = try scanner.scanValue() else { throw otherThanExpected }
        return text
    }
}
