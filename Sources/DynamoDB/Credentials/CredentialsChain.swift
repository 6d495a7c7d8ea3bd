public import HTTPTransport
public import Logging

/// Credentials from the first place that has some, renewed before they expire.
///
/// The places and their order are those of the AWS SDKs: web identity, the profile of the shared files, the container's
/// service, the instance's metadata service. (Keys in the environment come before all of these; for them there is
/// `StaticCredentials`.)
///
/// Renewal begins five minutes before the expiry, or a quarter of the lifetime before it if that is less. It runs
/// beside the requests, once for all of them. Until it succeeds, the old credentials are used while they are valid. A
/// failed renewal is repeated after five seconds.
public actor CredentialsChain: CredentialsProvider {
    private static let longestLead: Int64 = 300
    private static let pauseAfterFailure: Int64 = 5

    private typealias Loaded = Result<Credentials, DynamoDBError>

    private let sources: [any CredentialsSource]
    private let clock: ServiceClock
    private let logger: Logger
    private var current: Credentials?
    /// When to search for the successor of `current`.
    private var renewAt = Int64.max
    /// The search in progress. All callers that need its outcome wait for it.
    private var search: Task<Loaded, Never>?
    /// The error of the latest search, and until when callers get it without another search.
    private var failure: (error: DynamoDBError, until: Int64)?

    /// A chain of the usual places.
    ///
    /// - Parameters:
    ///   - settings: the settings of the places.
    ///   - http: sends the requests for credentials; the caller keeps and closes it.
    ///   - clock: the time that expiry is compared with.
    ///   - logger: takes a line when credentials are loaded, and when they cannot be.
    ///   - readFile: the text of the file at a path, or `nil` if it cannot be read.
    public init(
        settings: CredentialsSettings,
        http: HTTPClient,
        clock: ServiceClock,
        logger: Logger,
        readFile: @escaping @Sendable (_ path: String) -> String?
    ) {
        self.init(
            sources: [
                WebIdentityCredentials(settings: settings, http: http, readFile: readFile),
                ProfileCredentials(settings: settings, http: http, readFile: readFile),
                ContainerCredentials(settings: settings, http: http, readFile: readFile),
                InstanceCredentials(settings: settings, http: http),
            ],
            clock: clock,
            logger: logger
        )
    }

    package init(sources: [any CredentialsSource], clock: ServiceClock, logger: Logger) {
        self.sources = sources
        self.clock = clock
        self.logger = logger
    }

    /// The credentials for a request that is signed now. If there are none that are valid, this waits for a search: up
    /// to five seconds for each place.
    public func credentials() async throws(DynamoDBError) -> Credentials {
        let now = clock.now
        if let current, now < current.expiresAt ?? .max {
            if now >= renewAt { startSearch() }
            return current
        }
        return try await found()
    }

    /// Other credentials than the refused ones. A new search finds them, unless one already has.
    public func replacement(for refused: Credentials) async throws(DynamoDBError) -> Credentials? {
        if let current, !current.hasKeys(of: refused) { return current }
        if let failure, clock.now < failure.until {
            guard !failure.error.isRetriable else { throw failure.error }
            // The search has found the refused credentials again, and a few seconds change nothing.
            return nil
        }
        let found = try await found()
        guard found.hasKeys(of: refused) else { return found }
        let error = DynamoDBError(code: .accessDenied, message: "The credentials are refused and there are no others.")
        failure = (error, clock.now + Self.pauseAfterFailure)
        return nil
    }

    private func found() async throws(DynamoDBError) -> Credentials {
        if search == nil, let failure, clock.now < failure.until { throw failure.error }
        return try await startSearch().value.get()
    }

    @discardableResult
    private func startSearch() -> Task<Loaded, Never> {
        if let search { return search }
        // This is not a child task of the request that starts it, because other requests wait for it too.
        let search = Task {
            let result = await self.firstOfSources()
            self.take(result)
            return result
        }
        self.search = search
        return search
    }

    private func take(_ result: Loaded) {
        search = nil
        let now = clock.now
        switch result {
        case .success(let credentials):
            failure = nil
            // If the search found the same credentials, the next search waits: a metadata service has new ones only
            // shortly before the expiry.
            let lifetime = (credentials.expiresAt ?? .max) - now
            let lead = min(Self.longestLead, lifetime / 4)
            renewAt = current?.hasKeys(of: credentials) == true ? now + Self.pauseAfterFailure : now + lifetime - lead
            current = credentials
        case .failure(let error):
            failure = (error, now + Self.pauseAfterFailure)
            renewAt = now + Self.pauseAfterFailure
            logger.warning("no credentials could be loaded", metadata: ["error": "\(error)"])
        }
    }

    private func firstOfSources() async -> Loaded {
        for source in sources {
            do throws(DynamoDBError) {
                guard let credentials = try await source.load() else { continue }
                guard clock.now < credentials.expiresAt ?? .max else {
                    throw DynamoDBError(code: .unavailable, message: "The credentials of \(source.name) have expired.")
                }
                logger.debug("credentials loaded", metadata: ["source": "\(source.name)"])
                return .success(credentials)
            } catch {
                return .failure(error)
            }
        }
        let names = sources.map(\.name).joined(separator: ", ")
        return .failure(
            DynamoDBError(
                code: .accessDenied,
                message: "There are no credentials: AWS_ACCESS_KEY_ID is not set, nor is any of these: \(names)."
            )
        )
    }
}
