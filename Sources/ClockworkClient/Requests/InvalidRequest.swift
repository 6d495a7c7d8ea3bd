internal import Scheduling

/// A request that the service would refuse.
public struct InvalidRequest: Error, Hashable, Sendable, CustomStringConvertible {
    /// Every field that is wrong, in the order of the contract; never empty.
    public let errors: [FieldError]

    /// One sentence with every error. It names fields and limits, and contains no payload.
    public var description: String { errors.map(\.description).joined(separator: "; ") }

    /// Checks a structured request with the decoder that the service itself uses, so that the two cannot differ.
    ///
    /// Rules that depend on the service's configuration are left to the service.
    static func check(_ json: [UInt8], isCancel: Bool) throws(InvalidRequest) {
        let decoder = RequestDecoder(rules: .ofEveryService)
        let result: Result<Request, Rejection> = json.withUnsafeBytes { bytes in
            Result { () throws(Rejection) in
                try decoder.decode(body: bytes, action: isCancel ? .cancel : .create).request
            }
        }
        if case .failure(let rejection) = result {
            throw InvalidRequest(errors: rejection.errors.map { FieldError(field: $0.field, message: $0.message) })
        }
    }
}
