internal import Bytes
public import HTTPTransport
public import Logging

/// A client of DynamoDB's JSON 1.0 protocol. It reads and writes items, and knows nothing of their meaning.
///
/// A request that is throttled, fails with 5xx or loses its connection is repeated with exponential backoff and full
/// jitter, until it succeeds or the call's deadline has come. May be used from any task; holds no state of its own.
public final class DynamoDBClient: Sendable {
    /// The address of DynamoDB, and the limits of calls.
    public struct Configuration: Sendable {
        /// The base URL, as in `https://dynamodb.eu-central-1.amazonaws.com`.
        public var endpoint: String
        /// The region that requests are signed for.
        public var region: String
        /// The waits between attempts.
        public var backoff = Backoff(base: .milliseconds(25), cap: .seconds(2))
        /// How long one attempt may take. A call makes as many attempts as its deadline allows.
        public var attemptTimeout: Duration = .seconds(5)
        /// The most requests that one batch call has in flight.
        public var concurrency = 8

        /// A configuration with defaults for everything but the address and the region.
        public init(endpoint: String, region: String) {
            self.endpoint = endpoint
            self.region = region
        }
    }

    /// The address of DynamoDB, and the limits of calls.
    public let configuration: Configuration
    private let credentials: any CredentialsProvider
    private let clock: ServiceClock
    private let http: HTTPClient
    private let observer: (any DynamoDBObserver)?
    private let logger: Logger
    private let random: @Sendable () -> Double

    /// A client that sends through `http`, which the caller keeps and closes. `http` must accept answers of 32 MiB.
    ///
    /// - Parameters:
    ///   - configuration: the address of DynamoDB, and the limits of calls.
    ///   - credentials: asked before every request.
    ///   - clock: the time that requests are signed with.
    ///   - http: sends the requests.
    ///   - observer: is informed of each request.
    ///   - logger: takes a line for each attempt that failed, at debug level.
    ///   - random: gives the fractions for the jitter, from 0 up to but not including 1.
    public init(
        configuration: Configuration,
        credentials: any CredentialsProvider,
        clock: ServiceClock = ServiceClock(),
        http: HTTPClient,
        observer: (any DynamoDBObserver)? = nil,
        logger: Logger,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.configuration = configuration
        self.credentials = credentials
        self.clock = clock
        self.http = http
        self.observer = observer
        self.logger = logger
        self.random = random
    }

    /// The HTTP limits that this client needs: answers of up to 16 MB of items, in base64.
    public static var httpConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.maximumResponseBytes = 32 << 20
        return configuration
    }

    /// Sends one request, repeatedly if necessary, and returns the decoded answer.
    func call<Output>(
        _ operation: Operation,
        _ body: [UInt8],
        deadline: ContinuousClock.Instant,
        decode: (inout AnswerReader) throws(JSONError) -> Output
    ) async throws(DynamoDBError) -> Output {
        var attempt = 1
        while true {
            let failure: DynamoDBError
            do {
                let answer = try await send(operation, body, deadline: deadline)
                if let answer = AnswerReader.read(answer, decode) {
                    observer?.requestEnded(operation.rawValue, failure: nil)
                    if answer.consumedCapacity > 0 {
                        observer?.capacityConsumed(operation.rawValue, units: answer.consumedCapacity)
                    }
                    return answer.output
                }
                failure = .unreadable(operation)
            } catch {
                failure = error
            }
            observer?.requestEnded(operation.rawValue, failure: failure.code)
            guard failure.isRetriable else { throw failure }
            logger.debug(
                "DynamoDB attempt failed",
                metadata: ["operation": "\(operation.rawValue)", "attempt": "\(attempt)", "error": "\(failure)"]
            )
            try await pause(afterAttempt: attempt, of: operation, deadline: deadline, cause: failure)
            attempt += 1
        }
    }

    /// Waits before the next attempt.
    ///
    /// - Throws: `timedOut` at once if the deadline comes first. The message contains `cause`.
    func pause(
        afterAttempt attempt: Int,
        of operation: Operation,
        deadline: ContinuousClock.Instant,
        cause: DynamoDBError
    ) async throws(DynamoDBError) {
        let delay = configuration.backoff.delay(afterAttempt: attempt, fraction: random())
        guard ContinuousClock.now + delay < deadline else {
            throw DynamoDBError(
                code: .timedOut,
                exception: cause.exception,
                message: "\(operation.rawValue) did not succeed in time, \(attempt) attempts; the last failed: \(cause)"
            )
        }
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw .cancelled
        }
        observer?.requestRepeated(operation.rawValue)
    }

    private func send(
        _ operation: Operation,
        _ body: [UInt8],
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> [UInt8] {
        let credentials = try await credentials.credentials()
        let remaining = ContinuousClock.now.duration(to: deadline)
        guard remaining > .zero else {
            throw DynamoDBError(code: .timedOut, message: "There was no time left for \(operation.rawValue).")
        }
        let request = HTTPRequest(
            method: "POST",
            url: configuration.endpoint,
            headers: [
                HTTPHeader("content-type", "application/x-amz-json-1.0"),
                HTTPHeader("x-amz-target", "DynamoDB_20120810.\(operation.rawValue)"),
            ],
            body: body,
            timeout: min(configuration.attemptTimeout, remaining)
        )
        let signature = AWSSignature(
            region: configuration.region,
            service: "dynamodb",
            accessKeyID: credentials.accessKeyID,
            secretAccessKey: credentials.secretAccessKey,
            sessionToken: credentials.sessionToken
        )
        let time = clock.now
        let response: HTTPResponse
        do {
            response = try await http.send(request.signed(signature, at: time))
        } catch {
            throw DynamoDBError(error)
        }
        guard response.status == 200 else {
            let error = DynamoDBError(status: response.status, body: response.body)
            guard error.code == .accessDenied else { throw error }
            if clock.correct(toDate: response.header("date"), signedAt: time) {
                throw error.mended("this host's clock is off and has been corrected by \(clock.offset) s")
            }
            if error.isAboutCredentials, try await self.credentials.replacement(for: credentials) != nil {
                throw error.mended("the credentials have been renewed")
            }
            throw error
        }
        return response.body
    }
}

/// The operations that are used, under DynamoDB's names.
enum Operation: String {
    case batchGetItem = "BatchGetItem"
    case batchWriteItem = "BatchWriteItem"
    case createTable = "CreateTable"
    case describeTable = "DescribeTable"
    case describeTimeToLive = "DescribeTimeToLive"
    case putItem = "PutItem"
    case query = "Query"
    case scan = "Scan"
    case updateTimeToLive = "UpdateTimeToLive"
}
