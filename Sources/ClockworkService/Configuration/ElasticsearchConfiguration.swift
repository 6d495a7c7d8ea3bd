internal import Bytes

/// The Elasticsearch to which metrics are sent.
public struct ElasticsearchConfiguration: Equatable, Sendable {
    /// The base URL without a trailing slash. It contains user and password if they are needed.
    public let url: Secret
    /// The index that documents are written to.
    public let index: String
    /// The time between two reports, 1 s to 1 h.
    public let step: Duration
}

extension ElasticsearchConfiguration {
    /// `nil` if no URL is set. The other settings are checked all the same.
    init?(_ values: SettingValues) throws(ConfigurationError) {
        index = try values.required(.metricsIndex, Self.index)
        step = try values.required(.metricsStep) { text in
            DurationText.parse(text).flatMap { (.seconds(1) ... .seconds(3_600)).contains($0) ? $0 : nil }
        }
        guard let url = try values.optional(.metricsURL, Self.url) else { return nil }
        self.url = Secret(url)
    }

    private static func url(_ text: String) -> String? {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let address = rest.last == "/" ? rest.dropLast() : rest
        var host = address
        if let at = address.lastIndex(of: "@") {
            host = address[address.index(after: at)...]
            let isPlain = address[..<at].utf8.allSatisfy { byte in
                (0x21...0x7E).contains(byte) && !"/?#@".utf8.contains(byte)
            }
            guard isPlain else { return nil }
        }
        return HostAndPort.isLegal(host) ? scheme + address : nil
    }

    /// The names that Elasticsearch accepts, without characters that a URL would have to escape.
    private static func index(_ text: String) -> String? {
        func isPlain(_ byte: UInt8) -> Bool {
            switch Unicode.Scalar(byte) {
            case "a"..."z", "0"..."9": true
            default: false
            }
        }
        guard let first = text.utf8.first, isPlain(first), text.utf8.count <= 255 else { return nil }
        return text.utf8.allSatisfy { isPlain($0) || "._-".utf8.contains($0) } ? text : nil
    }
}
