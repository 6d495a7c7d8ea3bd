internal import Bytes

/// Reads an answer of DynamoDB from front to back, without building a tree. The caller takes the members that it knows,
/// and skips the rest.
///
/// A caller that begins to read a value must read all of it before the next one. The bytes must outlive the reader.
struct AnswerReader {
    private var scanner: JSONScanner
    /// The capacity units that were found in members skipped by ``skipMember(_:)``.
    private(set) var consumedCapacity = 0.0

    init(_ bytes: UnsafeRawBufferPointer) {
        scanner = JSONScanner(bytes)
    }

    /// Reads a whole answer with `decode`; `nil` if it is not the JSON that `decode` expects.
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

    /// Calls `body` with the name of each member. `body` reads or skips the value.
    mutating func readObject(
        _ body: (inout AnswerReader, _ name: BorrowedText) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard scanner.isAtObject() else { throw otherThanExpected }
        try scanner.enter()
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) { try body(&self, name) }
    }

    /// Calls `body` for each element. `body` reads or skips it.
    mutating func readArray(_ body: (inout AnswerReader) throws(JSONError) -> Void) throws(JSONError) {
        guard scanner.isAtArray() else { throw otherThanExpected }
        try scanner.enter()
        var isFirst = true
        while try scanner.nextElement(isFirst: &isFirst) { try body(&self) }
    }

    mutating func readString() throws(JSONError) -> String {
        try readText().makeString()
    }

    /// Reads a base64 string, and returns the decoded bytes.
    mutating func readBase64() throws(JSONError) -> [UInt8] {
        let text = try readText()
        let value = text.hasEscapes ? Base64.decode(text.makeBytes()) : Base64.decode(text.raw)
        guard let value else { throw otherThanExpected }
        return value
    }

    /// Skips one value of any kind.
    mutating func skipValue() throws(JSONError) {
        _ = try scanner.scanValue()
    }

    /// Skips a member of an answer that is not needed. If the member reports consumed capacity, adds that.
    mutating func skipMember(_ name: BorrowedText) throws(JSONError) {
        guard name == "ConsumedCapacity" else { return try skipValue() }
        if scanner.isAtArray() {
            try readArray { (reader) throws(JSONError) in try reader.readConsumedCapacity() }
        } else {
            try readConsumedCapacity()
        }
    }

    /// The error for JSON that is not the expected one.
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
