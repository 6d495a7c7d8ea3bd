internal import Bytes
internal import Crypto
internal import HTTPTransport

/// A secret that signs callbacks, according to Standard Webhooks.
public struct WebhookSecret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private static let prefix = "whsec_"

    private let key: [UInt8]

    /// Reads a secret: after `whsec_` it is base64, any other text stands for its bytes. `nil` when it is empty, or not
    /// base64 where it should be.
    public init?(_ text: String) {
        if text.hasPrefix(Self.prefix) {
            guard let key = Base64.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count))[...]) else { return nil }
            self.key = key
        } else {
            key = Array(text.utf8)
        }
        if key.isEmpty { return nil }
    }

    /// The signature `v1,…` of a message.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: key))
        code.update(data: Array("\(id).\(timestamp).".utf8))
        code.update(data: body)
        var encoded: [UInt8] = []
        Base64.encode(Array(code.finalize()), into: &encoded)
        return "v1," + String(decoding: encoded, as: UTF8.self)
    }

    /// A placeholder.
    public var description: String { "(hidden)" }

    /// A placeholder.
    public var debugDescription: String { description }

    /// Reveals nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
