import ArgumentParser
import Bytes
import ClockworkAPI
import ClockworkService
import DynamoDB
import HTTPTransport
import Kafka
import Logging
import PrometheusMetrics
import ScheduleStores
import Scheduling
import ServiceLifecycle
import Tracing
import UnixSignals

/// The parts of Clockwork that a process runs.
enum Role: String, CaseIterable, ExpressibleByArgument {
    /// The HTTP API alone.
    case api
    /// A pod alone; of the HTTP API it serves the health checks and the metrics.
    case scheduler
    /// Both.
    case all
}

/// What a process runs and what that stands on, built from a configuration: the one place that knows every part.
struct PodGraph {
    let pod: Pod?
    let api: HTTPAPI
    private let reporter: ElasticsearchReporter?
    private let store: OpenStore

    /// Runs everything until a signal ends it.
    ///
    /// Services start in this order and end the other way: at a signal the API says that it is not ready, the pod drains,
    /// and the API serves on meanwhile, for balancers need a moment to notice. What it takes then is in the intake, for the
    /// partitions' next owners. One that fails, such as an API whose port is taken, has the others drain.
    func group(logger: Logger) -> ServiceGroup {
        let parts: [(any Service)?] = [reporter, api, LastMoment(api: api), pod, EndNotice(api: api)]
        let services = parts.compactMap(\.self).map { service in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: service,
                failureTerminationBehavior: .gracefullyShutdownGroup
            )
        }
        let configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        return ServiceGroup(configuration: configuration)
    }

    init(_ configuration: Configuration, role: Role = .all, logger: Logger) throws {
        if role == .api, case .sqlite = configuration.store {
            ProcessEnvironment.complain(
                "SCHEDULE_STORE=sqlite is one pod's own file; --role api takes SCHEDULE_STORE=dynamodb"
            )
            throw ExitCode(78)
        }
        let metrics = MetricsRegistry(Metric.all)
        ProcessMetrics.add(to: metrics)
        store = try OpenStore(configuration, observer: DynamoDBMetrics(metrics), logger: logger.inCategory(.store))
        do {
            // Looked up once: without a tracer nobody asks again, and nothing is made for one.
            let tracer = InstrumentationSystem.tracer is NoOpTracer ? nil : InstrumentationSystem.tracer
            let store = ObservedStore(store.store, metrics: metrics, tracer: tracer)
            let pod: Pod? =
                switch role {
                case .api: nil
                case .scheduler, .all:
                    try Self.pod(
                        PodSettings(configuration),
                        store: store,
                        metrics: metrics,
                        tracer: tracer,
                        logger: logger
                    )
                }
            self.pod = pod
            reporter = try configuration.elasticsearch.map { elasticsearch in
                try ElasticsearchReporter(
                    elasticsearch,
                    registry: metrics,
                    pod: configuration.podName,
                    logger: logger
                )
            }
            api = try ProcessEnvironment.kafkaClient { () throws(KafkaError) in
                try HTTPAPI(
                    settings: HTTPAPISettings(configuration, role: role),
                    store: store,
                    pod: pod,
                    metrics: metrics,
                    logger: logger
                )
            }
        } catch {
            store.close()
            throw error
        }
    }

    private static func pod(
        _ settings: PodSettings,
        store: any ScheduleStore,
        metrics: MetricsRegistry,
        tracer: (any Tracer)?,
        logger: Logger
    ) throws -> Pod {
        let client = try HTTPClient(configuration: settings.callbacks.httpConfiguration)
        return try ProcessEnvironment.kafkaClient { () throws(KafkaError) in
            try Pod(
                settings: settings,
                store: store,
                callbackClient: client,
                metrics: metrics,
                tracer: tracer,
                logger: logger
            )
        }
    }

    /// Closes what the services used, after they have ended.
    func close() {
        store.close()
    }
}

/// A store that is open, and how to close it.
struct OpenStore {
    let store: any ScheduleStore
    let close: () -> Void

    init(_ configuration: Configuration, observer: (any DynamoDBObserver)? = nil, logger: Logger) throws {
        switch configuration.store {
        case .sqlite(let path):
            let store: SQLiteScheduleStore
            do throws(ScheduleStoreError) {
                store = try SQLiteScheduleStore(
                    path: path,
                    keyRetention: configuration.keyRetention,
                    logger: logger,
                    now: WallClock.now
                )
            } catch {
                ProcessEnvironment.complain("SQLITE_PATH: \(error.message)")
                throw ExitCode(error.code == .inUse ? 1 : 78)
            }
            self.store = store
            close = store.close
        case .dynamoDB(let settings):
            let (store, http) = try Self.dynamoDB(settings, configuration, observer: observer, logger)
            self.store = store
            close = http.close
        }
    }

    /// A DynamoDB store, and the HTTP client to be closed after it.
    static func dynamoDB(
        _ settings: DynamoDBConfiguration,
        _ configuration: Configuration,
        observer: (any DynamoDBObserver)? = nil,
        _ logger: Logger
    ) throws -> (DynamoDBScheduleStore, HTTPClient) {
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        let client = DynamoDBClient(settings, http: http, observer: observer, logger: logger)
        var tables = DynamoDBScheduleStore.Configuration()
        tables.scheduleTable = settings.scheduleTable
        tables.progressTable = settings.progressTable
        tables.keyRetention = configuration.keyRetention
        let store = DynamoDBScheduleStore(client: client, configuration: tables, logger: logger, now: WallClock.now)
        return (store, http)
    }
}

extension DynamoDBClient {
    /// A client with the credentials that a configuration gives, or else those of the AWS chain.
    convenience init(
        _ settings: DynamoDBConfiguration,
        http: HTTPClient,
        observer: (any DynamoDBObserver)? = nil,
        logger: Logger
    ) {
        let clock = ServiceClock()
        let credentials: any CredentialsProvider =
            if let given = settings.credentials {
                StaticCredentials(
                    Credentials(
                        accessKeyID: given.accessKeyID,
                        secretAccessKey: given.secretAccessKey.revealed,
                        sessionToken: given.sessionToken?.revealed
                    )
                )
            } else {
                CredentialsChain(
                    settings: settings.chain,
                    http: http,
                    clock: clock,
                    logger: logger,
                    readFile: ProcessEnvironment.text(ofFile:)
                )
            }
        self.init(
            configuration: DynamoDBClient.Configuration(
                endpoint: settings.endpoint ?? RegionalEndpoint.url(service: "dynamodb", region: settings.region),
                region: settings.region
            ),
            credentials: credentials,
            clock: clock,
            http: http,
            observer: observer,
            logger: logger
        )
    }
}

extension PodSettings {
    /// What a configuration means for a pod.
    init(_ configuration: Configuration) {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = configuration.horizon.wholeMilliseconds
        limits.maxResident = configuration.maxResidentSchedules
        let kafka = configuration.kafka
        self.init(
            properties: KafkaProperties(kafka, podName: configuration.podName),
            group: kafka.consumerGroup,
            intakeTopic: kafka.intakeTopic,
            deadLetterTopic: kafka.deadLetterTopic,
            name: configuration.podName,
            rules: RequestRules(configuration),
            limits: limits,
            callbacks: CallbackSettings(configuration.callbacks)
        )
    }
}

extension HTTPAPISettings {
    /// What a configuration means for the HTTP API of a process.
    init(_ configuration: Configuration, role: Role) {
        self.init(
            host: configuration.api.host,
            port: configuration.api.port,
            tokens: configuration.api.tokens,
            offer: role == .scheduler ? .stateOnly : .all,
            properties: KafkaProperties(configuration.kafka),
            group: configuration.kafka.consumerGroup,
            intakeTopic: configuration.kafka.intakeTopic,
            rules: RequestRules(configuration)
        )
        // A pod alone is asked for nothing but its state.
        if role != .scheduler { limits.shutdownDelay = configuration.api.shutdownDelay }
    }
}

extension RequestRules {
    /// What a configuration says about requests.
    init(_ configuration: Configuration) {
        self.init(
            maxPayloadBytes: configuration.maxPayloadBytes,
            topicPolicy: TopicPolicy(
                intakeTopic: configuration.kafka.intakeTopic,
                deadLetterTopic: configuration.kafka.deadLetterTopic,
                allow: configuration.deliveryTopics
            ),
            callbackPolicy: configuration.callbacks.policy
        )
    }
}

extension CallbackSettings {
    /// What a configuration says about callbacks.
    init(_ configuration: CallbackConfiguration) {
        self.init()
        policy = configuration.policy
        secrets = configuration.secrets
        certificateAuthorities = configuration.certificateAuthorities
    }
}
