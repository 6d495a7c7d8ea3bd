public import Scheduling

/// The settings of callbacks.
public struct CallbackConfiguration: Equatable, Sendable {
    /// The URLs that callbacks may go to, and whether private addresses are among them.
    public let policy: CallbackPolicy
    /// The secrets that callbacks are signed with; without any, callbacks are not signed.
    public let secrets: [WebhookSecret]
    /// A file of certificate authorities to trust in place of the system's.
    public let certificateAuthorities: String?

    init(
        _ values: SettingValues,
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        let allowsPrivate = try values.required(.callbackAllowPrivate) { Bool($0) }
        let hosts = try values.optional(.callbackHostAllow, Self.hosts) ?? []
        policy = CallbackPolicy(allowsPrivate: allowsPrivate, hosts: hosts)
        secrets = try values.optional(.callbackSigningSecret, Self.secrets) ?? []
        certificateAuthorities = try values.optional(.callbackCAFile) { path in
            readFile(path)?.contains("-----BEGIN CERTIFICATE-----") == true ? path : nil
        }
    }

    private static func hosts(_ text: String) -> [CallbackPolicy.HostPattern]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = parts.compactMap { CallbackPolicy.HostPattern(String($0.trimmed())) }
        return hosts.count == parts.count ? hosts : nil
    }

    private static func secrets(_ text: String) -> [WebhookSecret]? {
        let parts = text.split { $0 == " " || $0 == "," }
        let secrets = parts.compactMap { WebhookSecret(String($0)) }
        return secrets.count == parts.count && !secrets.isEmpty ? secrets : nil
    }
}
