internal import ClockworkService

/// The accepted bearer tokens.
struct AccessTokens: Sendable {
    private let tokens: [[UInt8]]

    init(_ tokens: [Secret]) {
        self.tokens = tokens.map { Array($0.revealed.utf8) }
    }

    /// Whether a request with this `Authorization` field is admitted. Without tokens, every request is.
    ///
    /// The time that this takes depends on the length of the field and on the number of tokens, not on how much of a
    /// token is right.
    func admit(_ authorization: String?) -> Bool {
        guard !tokens.isEmpty else { return true }
        guard let authorization else { return false }
        let sent = Array(authorization.utf8)
        let scheme = "bearer ".utf8
        guard sent.count > scheme.count, zip(sent, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        let token = sent.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") }
        var isKnown = false
        for known in tokens where Self.areEqual(token, known) { isKnown = true }
        return isKnown
    }

    private static func areEqual(_ sent: ArraySlice<UInt8>, _ known: [UInt8]) -> Bool {
        var difference = sent.count ^ known.count
        for (index, byte) in sent.enumerated() {
            difference |= Int(byte ^ known[index % known.count])
        }
        return difference == 0
    }
}
