import Bytes
import ClockworkAPI
import ClockworkService
import HTTPTransport
import Kafka
import Logging
import PrometheusMetrics
import ScheduleStores
import Scheduling
import ServiceLifecycle
import Tracing

/// A pod with its HTTP API, a local cluster and a store, in this process.
final class LivePod: Sendable {
    static let intake = "intake"
    static let deadLetters = "dead"
    static let topic = "out"

    let api: HTTPAPI
    let kafka: LocalKafka
    let store: FaultyStore
    let port: Int
    let http: HTTPClient

    private init(api: HTTPAPI, kafka: LocalKafka, store: FaultyStore, port: Int, http: HTTPClient) {
        self.api = api
        self.kafka = kafka
        self.store = store
        self.port = port
        self.http = http
    }

    /// Quiet unless a test fails to explain itself.
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs `body` beside a pod that fires; everything ends with it.
    static func with(
        _ storeKind: StoreKind = .sqlite,
        tokens: [String] = [],
        runsPod: Bool = true,
        offer: HTTPAPISettings.Offer = .all,
        limits: HTTPAPILimits = HTTPAPILimits(),
        tracer: (any Tracer)? = nil,
        _ body: (LivePod) async throws -> Void
    ) async throws {
        let kafka = try LocalKafka(brokers: 1, topics: [intake: 4, deadLetters: 1, topic: 2])
        let open = try await storeKind.open(logger: logger)
        defer { open.close() }
        try await with(
            kafka,
            FaultyStore(open.store),
            tokens: tokens,
            runsPod: runsPod,
            offer: offer,
            limits: limits,
            tracer: tracer,
            body
        )
    }

    /// The same with this cluster and this store, which stay as the pod leaves them.
    static func with(
        _ kafka: LocalKafka,
        _ store: FaultyStore,
        group: String = "group",
        tokens: [String] = [],
        runsPod: Bool = true,
        offer: HTTPAPISettings.Offer = .all,
        limits: HTTPAPILimits = HTTPAPILimits(),
        tracer: (any Tracer)? = nil,
        _ body: (LivePod) async throws -> Void
    ) async throws {
        let metrics = MetricsRegistry(Metric.all)
        let properties: KafkaProperties = [
            "bootstrap.servers": kafka.bootstrapServers,
            "fetch.wait.max.ms": "10",
            "session.timeout.ms": "6000",
            "heartbeat.interval.ms": "1000",
        ]
        var produceProperties = properties
        produceProperties.set("reconnect.backoff.max.ms", to: "500")
        let rules = RequestRules(
            maxPayloadBytes: 358_400,
            topicPolicy: TopicPolicy(intakeTopic: intake, deadLetterTopic: deadLetters),
            callbackPolicy: CallbackPolicy(allowsPrivate: true)
        )
        var callbacks = CallbackSettings()
        callbacks.policy = rules.callbackPolicy
        let pod: Pod? =
            if runsPod {
                try Pod(
                    settings: PodSettings(
                        properties: properties,
                        group: group,
                        intakeTopic: intake,
                        deadLetterTopic: deadLetters,
                        name: "pod",
                        rules: rules,
                        limits: SchedulerLimits(),
                        callbacks: callbacks
                    ),
                    store: ObservedStore(store, metrics: metrics, tracer: tracer),
                    callbackClient: try HTTPClient(configuration: callbacks.httpConfiguration),
                    metrics: metrics,
                    tracer: tracer,
                    logger: logger
                )
            } else {
                nil
            }
        var settings = HTTPAPISettings(
            host: "127.0.0.1",
            port: 0,
            tokens: tokens.map(Secret.init),
            offer: offer,
            properties: produceProperties,
            group: group,
            intakeTopic: intake,
            rules: rules
        )
        settings.limits = limits
        let api = try HTTPAPI(
            settings: settings,
            store: store,
            pod: pod,
            metrics: metrics,
            logger: logger
        )
        var client = HTTPClient.Configuration()
        client.maximumResponseBytes = 16 << 20
        let http = try HTTPClient(configuration: client)
        defer { http.close() }
        var parts: [any Service] = []
        if let pod { parts.append(pod) }
        parts.append(api)
        let services = ServiceGroup(
            services: parts,
            gracefulShutdownSignals: [],
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            guard let port = await api.untilServing() else { throw Failure(what: "no server") }
            await pod?.untilFiring()
            do {
                try await body(LivePod(api: api, kafka: kafka, store: store, port: port, http: http))
            } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    struct Failure: Error {
        var what: String
    }

    /// Sends a request and reads the answer.
    func call(
        _ method: String,
        _ path: String,
        body: String = "",
        headers: [HTTPHeader] = [],
        timeout: Duration = .seconds(60)
    ) async throws -> HTTPTransport.HTTPResponse {
        try await http.send(
            HTTPTransport.HTTPRequest(
                method: method,
                url: "http://127.0.0.1:\(port)\(path)",
                headers: headers,
                body: Array(body.utf8),
                timeout: timeout
            )
        )
    }

    /// Writes a request to a partition of the intake, past the API.
    func produce(_ body: String, key: String, partition: Int32) async throws {
        let producer = try KafkaProducer(
            properties: ["bootstrap.servers": kafka.bootstrapServers],
            logger: Logger(label: "test")
        )
        defer { producer.close() }
        let topic = try producer.topic(Self.intake)
        let error = Array(key.utf8).withUnsafeBytes { key in
            Array(body.utf8).withUnsafeBytes { body in
                producer.produce(to: topic, partition: partition, key: key, value: body, token: 0)
            }
        }
        if let error { throw error }
        var report: DeliveryReport?
        while report == nil {
            producer.pollReports { report = $0 }
            try await Task.sleep(for: .milliseconds(5))
        }
        if let error = report?.error { throw error }
    }

    /// A create as a body.
    static func create(
        _ key: String,
        client: String = "c",
        at time: Int64,
        topic: String = LivePod.topic,
        ordering: String? = nil
    ) -> String {
        let orderingKey = ordering.map { ",\"orderingKey\":\(JSONWriter.quoted($0))" } ?? ""
        return """
            {"clientId":\(JSONWriter.quoted(client)),"scheduleKey":\(JSONWriter.quoted(key))\(orderingKey),\
            "taskData":"x","delivery":{"topic":"\(topic)"},"scheduleTime":\(time)}
            """
    }

    static func later(_ milliseconds: Int64) -> Int64 {
        WallClock.now().advanced(byMilliseconds: milliseconds).rawValue
    }

    /// Asks for the status of a schedule until it is as wished, and gives the last answer.
    func status(_ path: String, until wished: String) async throws -> HTTPTransport.HTTPResponse {
        while true {
            let answer = try await call("GET", path)
            if answer.text.contains("\"status\":\"\(wished)\"") { return answer }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension HTTPTransport.HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The number that a member of the answer has.
    func number(_ member: String) -> Int64? {
        guard let range = text.firstRange(of: "\"\(member)\":") else { return nil }
        return Int64(text[range.upperBound...].prefix { $0.isNumber })
    }
}
