internal import Bytes
internal import HTTPTransport

/// A failed call to DynamoDB.
public struct DynamoDBError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: String, Sendable {
        /// The table, the account or the request rate is over its limit.
        case throttled
        /// DynamoDB could not be reached, or failed.
        case unavailable
        /// The call's time ran out.
        case timedOut
        /// The task was cancelled.
        case cancelled
        /// The table does not exist.
        case tableNotFound
        /// The table exists already, or is being changed.
        case tableInUse
        /// The credentials are missing, wrong, expired or not allowed to do this.
        case accessDenied
        /// DynamoDB refuses the call as it is.
        case invalidRequest
        /// A condition of the call does not hold for the stored item.
        case conditionFailed
        /// The answer is not one that DynamoDB gives.
        case unreadableAnswer
        /// An exception that this client does not know.
        case other
    }

    /// What kind of failure it was.
    public var code: Code
    /// DynamoDB's name of the exception; `nil` if it gave none.
    public var exception: String?
    /// One sentence for operators, without item, key or credential.
    public var message: String

    /// An error from its parts.
    public init(code: Code, exception: String? = nil, message: String) {
        self.code = code
        self.exception = exception
        self.message = message
    }

    /// Whether the same call may succeed later.
    public var isRetriable: Bool {
        switch code {
        case .throttled, .unavailable, .timedOut, .unreadableAnswer: true
        case .cancelled, .tableNotFound, .tableInUse, .accessDenied, .invalidRequest, .conditionFailed, .other: false
        }
    }

    /// Code, exception and message; safe to log.
    public var description: String {
        "\(code.rawValue)\(exception.map { " (\($0))" } ?? ""): \(message)"
    }
}

extension DynamoDBError {
    static let cancelled = DynamoDBError(code: .cancelled, message: "The task was cancelled.")

    static func unreadable(_ operation: Operation) -> DynamoDBError {
        DynamoDBError(code: .unreadableAnswer, message: "The answer to \(operation.rawValue) could not be read.")
    }

    /// Whether other credentials may be accepted.
    var isAboutCredentials: Bool {
        switch exception {
        case "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId": true
        default: false
        }
    }

    /// The same failure with its cause removed, so that another attempt makes sense.
    func mended(_ how: String) -> DynamoDBError {
        DynamoDBError(code: .unavailable, exception: exception, message: "\(message) (\(how))")
    }

    /// The error for a request without an answer.
    init(_ error: HTTPTransportError) {
        let code: Code =
            switch error.code {
            case .connectFailed, .timedOut, .brokenConnection, .overloaded: .unavailable
            case .cancelled: .cancelled
            case .responseTooLarge: .other
            case .invalidRequest: .invalidRequest
            case .addressRefused, .insecure, .closed: .other
            }
        self.init(code: code, message: error.message)
    }

    /// The error for an answer with another status than 200.
    init(status: Int, body: [UInt8]) {
        var type: String?
        var detail: String?
        _ = AnswerReader.read(body) { (reader) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in
                switch name {
                case "__type": type = try reader.readString()
                case "message", "Message": detail = try reader.readString()
                default: try reader.skipValue()
                }
            }
        }
        // "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
        let exception = type?.split(separator: "#").last.map { String($0.prefix(100)) }
        let code = Self.code(exception: exception, status: status)
        // Only the first sentence. The message about a wrong signature goes on with the headers that were signed.
        let sentence = detail?.prefix(200).prefix { $0 != "\n" && $0 != "'" && $0 != "\"" }
        let message = sentence.flatMap { $0.isEmpty ? nil : String($0) } ?? "DynamoDB answered with status \(status)."
        self.init(code: code, exception: exception, message: message)
    }

    private static func code(exception: String?, status: Int) -> Code {
        switch exception {
        case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
            "LimitExceededException":
            .throttled
        case "InternalServerError", "InternalFailure", "ServiceUnavailable", "ReplicatedWriteConflictException":
            .unavailable
        case "ResourceNotFoundException": .tableNotFound
        case "ResourceInUseException": .tableInUse
        case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException",
            "IncompleteSignatureException", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
            "ExpiredTokenException", "InvalidClientTokenId", "OptInRequired", "SignatureDoesNotMatch",
            "RequestTimeTooSkewed", "RequestExpired":
            .accessDenied
        case "ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException":
            .invalidRequest
        case "ConditionalCheckFailedException": .conditionFailed
        default:
            switch status {
            case 429: .throttled
            case 500...: .unavailable
            case 401, 403: .accessDenied
            case 400..<500: .other
            default: .unreadableAnswer
            }
        }
    }
}
