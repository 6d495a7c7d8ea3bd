public import ClockworkService
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
public import Kafka
public import Logging
internal import NIOCore
public import PrometheusMetrics
public import Scheduling
public import ServiceLifecycle
internal import Synchronization

/// The HTTP API. It writes requests to the intake topic, and reads the status of schedules from the store.
public final class HTTPAPI: Service {
    private let settings: HTTPAPISettings
    private let logger: Logger
    private let producer: IntakeProducer?
    private let readiness: Readiness
    private let responder: APIResponder
    private let whenServing = Mutex<[CheckedContinuation<Int?, Never>]>([])
    private let port = Mutex<Served>(.notYet)

    private enum Served {
        case notYet
        case at(Int?)
    }

    /// How long requests may go on after the shutdown has begun. A pod in the same process needs the rest of the grace
    /// period.
    private static let drainLimit = Duration.seconds(2)

    /// An API. It does not listen before it runs.
    ///
    /// - Parameters:
    ///   - settings: the settings of the API.
    ///   - store: the store of the schedules; shared with the pod of this process, if there is one.
    ///   - pod: the pod of this process, if it runs one. The process is not ready before the pod has joined its group.
    ///   - metrics: the metrics that `/metrics` shows; the API adds its own.
    ///   - logger: takes log lines.
    /// - Throws: if Kafka refuses a property.
    public init(
        settings: HTTPAPISettings,
        store: any ScheduleStore,
        pod: Pod?,
        metrics: MetricsRegistry,
        logger: Logger
    ) throws(KafkaError) {
        let logger = logger.inCategory(.api)
        self.settings = settings
        self.logger = logger
        let limits = settings.limits
        switch settings.offer {
        case .all:
            producer = try IntakeProducer(
                topic: settings.intakeTopic,
                properties: settings.properties,
                timeout: limits.acknowledgementTimeout,
                metrics: metrics,
                logger: logger
            )
        case .stateOnly:
            producer = nil
        }
        let work: Readiness.Work =
            if let pod {
                .pod(obstacles: { pod.obstacles })
            } else {
                .intakeOnly { [producer] in await producer?.hasIntake() ?? true }
            }
        readiness = Readiness(
            store: store,
            work: work,
            intakeObstacle: { [producer] in producer?.obstacle },
            metrics: metrics,
            logger: logger
        )
        let calls = try producer.map { producer throws(KafkaError) in
            let positions = try GroupPositions(
                topic: settings.intakeTopic,
                group: settings.group,
                properties: settings.properties
            )
            return ScheduleCalls(
                checker: CallChecker(decoder: Scheduling.RequestDecoder(rules: settings.rules)),
                producer: producer,
                reader: StatusReader(
                    store: store,
                    recents: RecentRequests(),
                    owners: OwnerWatch(positions, logger: logger)
                )
            )
        }
        responder = APIResponder(
            calls: calls,
            tokens: AccessTokens(settings.tokens),
            readiness: readiness,
            slots: RequestSlots(maxRequests: limits.concurrentRequests, maxBytes: limits.heldBytes),
            metrics: metrics,
            requestMetrics: RequestMetrics(metrics),
            limits: limits
        )
    }

    /// Announces that the process is ending. The API goes on serving, but is not ready from now on, and asks clients to
    /// close their connections. From any thread.
    public func announceEnd() {
        readiness.end()
    }

    /// Waits until the API has served for `HTTPAPILimits.shutdownDelay` after the end was announced, so that balancers
    /// have noticed. Does not wait if the end was not announced.
    public func untilMayEnd() async {
        // If the API has ended by itself, it serves nobody.
        guard readiness.isEnding, case .at(_?) = port.withLock({ $0 }) else { return }
        try? await Task.sleep(for: max(.zero, settings.limits.shutdownDelay - readiness.endingFor))
    }

    /// Serves until the graceful shutdown of its service group. Requests in flight then have 2 s.
    ///
    /// - Throws: `ListenError` if the API cannot listen on the address.
    public func run() async throws {
        let application = application()
        producer?.start()
        defer { tellPort(nil) }
        let result = await withTaskGroup(of: End.self, returning: Result<Void, any Error>.self) { group in
            group.addTask {
                do {
                    try await application.run()
                    return .server(.success(()))
                } catch {
                    return .server(.failure(error))
                }
            }
            group.addTask {
                await self.readiness.run()
                return .other
            }
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.drainLimit)
                return .drainLimit
            }
            defer { group.cancelAll() }
            for await end in group {
                switch end {
                case .server(let result): return result
                case .drainLimit: group.cancelAll()
                case .other: break
                }
            }
            return .success(())
        }
        await producer?.end()
        do {
            try result.get()
        } catch is CancellationError {
            return
        } catch let error as IOError {
            throw ListenError(host: settings.host, port: settings.port, reason: error.description)
        }
    }

    /// The API cannot listen on the address.
    public struct ListenError: Error, CustomStringConvertible {
        let host: String
        let port: Int
        let reason: String

        /// One sentence that names the settings.
        public var description: String {
            "APP_HOST and APP_PORT: \(host), port \(port) cannot be listened on: \(reason)"
        }
    }

    private enum End: Sendable {
        case server(Result<Void, any Error>)
        case drainLimit
        case other
    }

    /// Waits until the server listens.
    ///
    /// - Returns: the port; `nil` if the server has ended.
    public func untilServing() async -> Int? {
        if case .at(let port) = port.withLock({ $0 }) { return port }
        return await withCheckedContinuation { continuation in
            whenServing.withLock { $0.append(continuation) }
            // The server may have begun to listen meanwhile.
            if case .at(let port) = port.withLock({ $0 }) { tellPort(port) }
        }
    }

    private func tellPort(_ value: Int?) {
        port.withLock { $0 = .at(value) }
        let waiting = whenServing.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    private func application() -> Application<APIResponder> {
        let limits = settings.limits
        let connections = min(limits.connections, Self.descriptorLimit)
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [SlowClientGuard(limits: limits)],
            idleTimeout: TimeAmount(limits.idleTimeout)
        )
        var logger = logger
        // Hummingbird logs each request at a lower level.
        logger.logLevel = max(logger.logLevel, .notice)
        return Application(
            responder: responder,
            server: .http1(configuration: configuration),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port),
                backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(connections)
            ),
            onServerRunning: { channel in
                let port = channel.localAddress?.port
                self.logger.info("HTTP API serves", metadata: ["port": "\(port ?? self.settings.port)"])
                self.tellPort(port)
            },
            logger: logger
        )
    }

    /// The most connections for which there are file descriptors. A server that runs out of descriptors would end.
    private static var descriptorLimit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        return max(Int(clamping: limit.rlim_cur) - 256, 64)
    }
}
