internal import Bytes
internal import Crypto

/// The values that sign a request with [Amazon Web Services Signature Version
/// 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
///
/// libcurl can sign too, but with the time of the system's clock. A pod whose clock is wrong has to sign with the
/// service's time. And if the caller sets `x-amz-date`, libcurl 7.88 sends it twice, which the signature does not
/// cover.
public struct AWSSignature: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The region, as in `eu-central-1`.
    public var region: String
    /// The service's signing name, as in `dynamodb`.
    public var service: String
    /// The public half of the key.
    public var accessKeyID: String
    /// The secret half of the key.
    public var secretAccessKey: String
    /// The token of temporary credentials; sent and signed as `x-amz-security-token`.
    public var sessionToken: String?

    /// A signature from its parts.
    public init(
        region: String,
        service: String,
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil
    ) {
        self.region = region
        self.service = service
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// Region and service; no credential.
    public var description: String { "AWSSignature(\(region), \(service))" }

    /// The same as `description`, so that no debugger or log shows the secret.
    public var debugDescription: String { description }
}

extension HTTPRequest {
    /// The request with the header fields that sign it: `x-amz-date`, `authorization` and, for temporary credentials,
    /// `x-amz-security-token`. The signature covers the method, the path, the query, the body, the host and every
    /// header field.
    ///
    /// The path and the query must already be percent-encoded, without characters that would be encoded again. Those of
    /// DynamoDB and STS are.
    ///
    /// - Parameters:
    ///   - signature: the values to sign with.
    ///   - time: the service's time in epoch seconds. The service accepts requests that are up to five minutes off.
    public func signed(_ signature: AWSSignature, at time: Int64) -> HTTPRequest {
        let (host, path, query) = urlParts
        let timestamp = RFC3339.basic(epochSeconds: time)
        var request = self
        request.headers.append(HTTPHeader("x-amz-date", timestamp))
        if let token = signature.sessionToken { request.headers.append(HTTPHeader("x-amz-security-token", token)) }

        var fields: [String: [String]] = ["host": [host]]
        for header in request.headers { fields[header.name.lowercased(), default: []].append(header.value.collapsed) }
        let names = fields.keys.sorted()
        let signedNames = names.joined(separator: ";")
        let canonical =
            ([method, path, query.split(separator: "&").sorted().joined(separator: "&")]
            + names.map { "\($0):\(fields[$0, default: []].joined(separator: ","))" }
            + ["", signedNames, SHA256.hash(data: body).hexadecimal]).joined(separator: "\n")

        let date = String(timestamp.prefix(8))
        let scope = "\(date)/\(signature.region)/\(signature.service)/aws4_request"
        let statement = ["AWS4-HMAC-SHA256", timestamp, scope, SHA256.hash(data: Array(canonical.utf8)).hexadecimal]
        func code(_ text: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
            HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
        }
        let key = [date, signature.region, signature.service, "aws4_request"]
            .reduce(SymmetricKey(data: Array("AWS4\(signature.secretAccessKey)".utf8))) {
                SymmetricKey(data: code($1, $0))
            }
        request.headers.append(
            HTTPHeader(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(signature.accessKeyID)/\(scope), SignedHeaders=\(signedNames), "
                    + "Signature=\(code(statement.joined(separator: "\n"), key).hexadecimal)"
            )
        )
        return request
    }

    /// The `Host` that libcurl sends for the URL (without the scheme's default port), the path and the query.
    private var urlParts: (host: String, path: String, query: String) {
        let isSecure = url.hasPrefix("https://")
        let rest = url.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        let ownPort = isSecure ? ":443" : ":80"
        return (
            String(authority.hasSuffix(ownPort) ? authority.dropLast(ownPort.count) : authority),
            path.isEmpty ? "/" : String(path), String(target.dropFirst(path.count + 1))
        )
    }
}

extension String {
    /// The text without spaces at its ends, and with single spaces between words.
    fileprivate var collapsed: String { split(separator: " ").joined(separator: " ") }
}
