internal import Bytes

extension BorrowedText {
    /// What is wrong with a member that has no meaning where it stands.
    static let unknown = "is not known here"

    /// At most 64 bytes of a name that a client has chosen, for an error that names it.
    var shown: String { Self.shown(makeBytes()[...]) }

    /// At most 64 bytes of a name that a client has chosen.
    static func shown(_ name: some Collection<UInt8>) -> String { String(decoding: name.prefix(64), as: UTF8.self) }
}
