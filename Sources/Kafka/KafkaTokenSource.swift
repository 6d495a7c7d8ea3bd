internal import CKafka
internal import Glibc
internal import Synchronization

/// A token for SASL OAUTHBEARER.
public struct KafkaToken: Sendable {
    /// The token itself; a secret.
    public var value: String
    /// When it expires, in epoch milliseconds.
    public var expiresAtMilliseconds: Int64
    /// The identity that it stands for.
    public var principal: String
    /// SASL extensions, by name.
    public var extensions: [(name: String, value: String)]

    /// A token from its parts.
    public init(
        value: String,
        expiresAtMilliseconds: Int64,
        principal: String,
        extensions: [(name: String, value: String)] = []
    ) {
        self.value = value
        self.expiresAtMilliseconds = expiresAtMilliseconds
        self.principal = principal
        self.extensions = extensions
    }
}

/// Why there is no token.
public struct KafkaTokenFailure: Error, Sendable, Equatable {
    /// One sentence for operators; no token and no secret in it.
    public var reason: String

    /// A failure with its reason.
    public init(reason: String) {
        self.reason = reason
    }
}

/// The source of clients' tokens for SASL OAUTHBEARER.
///
/// Each client asks when it is created, again before a token expires, and ten seconds after a failure, on a thread of
/// librdkafka's that may block. A source lives as long as the process: there is one for each configuration.
public final class KafkaTokenSource: Sendable, Equatable {
    private static let all = Mutex<[String: KafkaTokenSource]>([:])
    private static let count = Atomic<Int>(0)

    /// The name that librdkafka hands back to the callback; its opaque pointer belongs to the client's owner.
    let name: String
    private let fetch: @Sendable () -> Result<KafkaToken, KafkaTokenFailure>

    /// A source that asks `fetch` each time. It may block, for some ten seconds at most: closing a client waits for it.
    public init(_ fetch: @escaping @Sendable () -> Result<KafkaToken, KafkaTokenFailure>) {
        self.fetch = fetch
        name = "source \(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
        Self.all.withLock { $0[name] = self }
    }

    /// Equal only to itself.
    public static func == (one: KafkaTokenSource, other: KafkaTokenSource) -> Bool { one === other }

    /// Makes clients of a configuration ask this source.
    func register(in conf: OpaquePointer) {
        rd_kafka_conf_enable_sasl_queue(conf, 1)
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf) { client, name, _ in
            guard let client, let name, let source = KafkaTokenSource.named(String(cString: name)) else { return }
            source.refresh(client)
        }
    }

    private static func named(_ name: String) -> KafkaTokenSource? { all.withLock { $0[name] } }

    private func refresh(_ client: OpaquePointer) {
        let token: KafkaToken
        switch fetch() {
        case .success(let fetched): token = fetched
        case .failure(let failure):
            rd_kafka_oauthbearer_set_token_failure(client, failure.reason)
            return
        }
        let extensions = token.extensions.flatMap { [strdup($0.name), strdup($0.value)] }
        defer { for text in extensions { free(text) } }
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
        defer { text.deallocate() }
        text.pointee = 0
        var pairs = extensions.map { UnsafePointer($0) }
        let result = rd_kafka_oauthbearer_set_token(
            client,
            token.value,
            token.expiresAtMilliseconds,
            token.principal,
            &pairs,
            pairs.count,
            text,
            512
        )
        guard result != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        // librdkafka's text may quote the refused value.
        rd_kafka_oauthbearer_set_token_failure(client, "the token or one of its extensions has an illegal form")
    }
}
