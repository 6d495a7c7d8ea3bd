internal import Bytes

extension BorrowedText {
    /// The message for a member that has no meaning in its object.
    static let unknown = "is not known here"

    /// At most 64 bytes of a name chosen by a client, for an error that mentions it.
    var shown: String { Self.shown(makeBytes()[...]) }

    /// At most 64 bytes of a name chosen by a client.
    static func shown(_ name: some Collection<UInt8>) -> String { String(decoding: name.prefix(64), as: UTF8.self) }
}
