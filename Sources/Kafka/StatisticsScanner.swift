/// Goes through the JSON text of librdkafka's statistics. Text that is not what is expected ends it, and traps nowhere.
///
/// Names are short and few at the levels that are looked at, so they are made strings, most without an allocation.
struct StatisticsScanner {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Calls `body` with the name of each member of the object that comes next; `body` takes or skips the value.
    /// Anything but an object is skipped.
    mutating func forEachMember(_ body: (inout StatisticsScanner, _ name: String) -> Void) {
        guard next == UInt8(ascii: "{") else { return skip() }
        index += 1
        while let byte = next, byte != UInt8(ascii: "}") {
            guard byte == UInt8(ascii: "\""), let name = quoted(), next == UInt8(ascii: ":") else { return end() }
            index += 1
            body(&self, String(decoding: name, as: UTF8.self))
            if next == UInt8(ascii: ",") { index += 1 }
        }
        index = min(index + 1, bytes.count)
    }

    /// The whole number that comes next; 0 for anything else.
    mutating func number() -> Int64 {
        let start = index
        skip()
        return Int64(String(decoding: bytes[start..<index].lazy.filter { $0 > 0x20 }, as: UTF8.self)) ?? 0
    }

    /// Whether what comes next is this text.
    mutating func isText(_ text: StaticString) -> Bool {
        guard next == UInt8(ascii: "\"") else {
            skip()
            return false
        }
        return quoted()?.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
            ?? false
    }

    /// Passes over the value that comes next.
    mutating func skip() {
        var depth = 0
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard quoted() != nil else { return end() }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return }
                depth -= 1
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return }
                index += 1
            default:
                index += 1
                // A number or a word goes on to its end.
                continue
            }
            if depth == 0, next == nil || next == UInt8(ascii: ",") || next == UInt8(ascii: "}") { return }
        }
    }

    /// The byte that comes next, white space left out.
    private var next: UInt8? {
        mutating get {
            while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
            return index < bytes.count ? bytes[index] : nil
        }
    }

    /// The bytes between the quotes that come next; `nil` when there is no closing one.
    private mutating func quoted() -> Slice<UnsafeRawBufferPointer>? {
        let start = index + 1
        index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return bytes[start..<(index - 1)]
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    private mutating func end() {
        index = bytes.count
    }
}
