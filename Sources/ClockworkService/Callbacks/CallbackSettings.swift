public import HTTPTransport
public import Scheduling

/// How a pod makes callbacks.
public struct CallbackSettings: Sendable {
    /// The URLs that callbacks may go to, and whether private addresses are among them.
    public var policy = CallbackPolicy()
    /// The secrets that sign requests, each with its own signature; unsigned if empty.
    public var secrets: [WebhookSecret] = []
    /// A file of certificate authorities (PEM) to trust in place of the system's.
    public var certificateAuthorities: String?
    /// Requests in flight at once, over all hosts.
    public var maximumInFlight = 512

    /// Callbacks to public addresses only, unsigned.
    public init() {}

    /// How the HTTP client for these callbacks is to be set up.
    public var httpConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.maximumConnections = maximumInFlight
        configuration.maximumConnectionsPerHost = CallbackHost.maximumInFlight
        configuration.maximumResponseBytes = 64 << 10
        configuration.httpVersion = .http2WhereOffered
        configuration.responseBodies = .dropped
        configuration.addresses = policy.allowsPrivate ? .any : .globalUnicast
        configuration.certificateAuthorities = certificateAuthorities
        return configuration
    }
}
