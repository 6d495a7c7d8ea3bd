/// The status and the header fields of an answer, read line by line as they arrive.
///
/// Interim answers (1xx) are skipped, except 101, because no HTTP follows it. Fields after the head, which are the
/// trailers of a chunked body, are ignored.
struct AnswerHead {
    /// The status of the answer; `nil` before its line.
    private(set) var status: Int?
    /// The fields so far, in order.
    private(set) var headers: [HTTPHeader] = []
    /// Whether the head has ended, so that only a body can follow.
    private(set) var isComplete = false

    /// Takes the next line, with or without the end of line.
    mutating func take(_ line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            self = AnswerHead()
            status = Self.status(line).flatMap { $0 >= 200 || $0 == 101 ? $0 : nil }
        } else if line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
            isComplete = status != nil
        } else if !isComplete, let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            var value = line[(colon + 1)...]
            while let byte = value.first, byte.isHTTPSpace { value = value.dropFirst() }
            while let byte = value.last, byte.isHTTPSpace { value = value.dropLast() }
            headers.append(HTTPHeader(name, String(decoding: value, as: UTF8.self)))
        }
    }

    /// The three digits after the first space.
    private static func status(_ line: UnsafeRawBufferPointer) -> Int? {
        let digits = line.drop { $0 != UInt8(ascii: " ") }.drop { $0 == UInt8(ascii: " ") }.prefix { 0x30...0x39 ~= $0 }
        return digits.count == 3 ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }
}
