import Scheduling

/// One request as it goes to the intake topic.
struct OutgoingRequest: Equatable {
    /// The record key, UTF-8; `nil` where the request does not tell, which is for the service to judge.
    var key: [UInt8]?
    /// The record value.
    var value: [UInt8]?
    /// The record headers.
    var headers = RecordHeaders()

    /// Lends `body` the key and the value.
    func withBytes<Result>(
        _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        Self.lend(key) { key in Self.lend(value) { value in body(key, value) } }
    }

    private static func lend<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }
}
