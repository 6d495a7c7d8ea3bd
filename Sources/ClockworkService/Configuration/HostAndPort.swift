internal import Bytes

/// The shape of `host`, `host:port` and `[IPv6 address]:port`.
enum HostAndPort {
    /// Whether `text` has that shape. The host is not looked up.
    static func isLegal(_ text: some StringProtocol) -> Bool {
        let host: Substring
        let port: Substring
        let text = Substring(text)
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return false }
            host = text[text.index(after: text.startIndex)..<end]
            port = text[text.index(after: end)...]
            guard !host.isEmpty, host.utf8.allSatisfy(isAddressByte) else { return false }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            port = text[colon...]
            guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy(TopicName.isLegal) else { return false }
        }
        if port.isEmpty { return true }
        let digits = port.dropFirst()
        guard port.first == ":", (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy(\.isASCIIDigit),
            let number = UInt16(digits)
        else { return false }
        return number > 0
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "0"..."9", "a"..."f", "A"..."F", ":", ".", "%": true
        default: false
        }
    }
}
