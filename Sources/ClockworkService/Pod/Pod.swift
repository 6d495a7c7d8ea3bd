public import HTTPTransport
public import Kafka
public import Logging
public import PrometheusMetrics
internal import Runtime
public import Scheduling
public import ServiceLifecycle
internal import Synchronization
public import Tracing

/// A member of the group: consumes the intake, runs an owner for each assigned partition, delivers due schedules.
///
/// All of its state is used on its event loop. The loop's thread polls the Kafka clients, fires and produces without a
/// hop. Store calls run elsewhere, and their answers come back to the loop in batches. This actor starts and ends the
/// loop; `PodDriver` does the work of a turn.
public actor Pod: Service {
    private nonisolated let loop = EventLoop()

    /// The loop's thread is this actor's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private nonisolated let consumer: KafkaConsumer
    private nonisolated let tasks = TaskRunner()
    private let driver: PodDriver

    private nonisolated let joined = Atomic(false)
    private nonisolated let observed = Mutex(PodDriver.Observation())
    private var whenFiring: [CheckedContinuation<Void, Never>] = []
    private var whenEnded: CheckedContinuation<KafkaError?, Never>?

    private enum StopRequest: Int, Comparable {
        /// Finish everything in flight.
        case drain
        /// End now.
        case abandon

        static func < (left: StopRequest, right: StopRequest) -> Bool { left.rawValue < right.rawValue }
    }

    /// The latest request to stop, for the next turn. Not a task, since cancelling also cancels tasks.
    private nonisolated let stopRequest = Mutex<StopRequest?>(nil)

    // A pod ends within 10 s, whatever is out of reach. A question asked before or during a drain is answered, or given
    // up, within 7 s, and leaving the group takes 2 s at most.

    /// How long leaving the group may take.
    private static let leaveTimeout = Duration.seconds(2)

    /// Joins the group. Nothing is read before `run`.
    ///
    /// - Parameters:
    ///   - settings: what the pod is configured to do.
    ///   - store: keeps the schedules. The pod does not close it.
    ///   - callbackClient: makes the callbacks, with the pod's `CallbackSettings.httpConfiguration`; closed by the pod.
    ///   - metrics: where it publishes its metrics.
    ///   - tracer: opens a span for each batch of requests and of deliveries; `nil` for none.
    ///   - logger: takes the pod's lines.
    /// - Throws: when Kafka refuses a property.
    public init(
        settings: PodSettings,
        store: any ScheduleStore,
        callbackClient: HTTPClient,
        metrics: MetricsRegistry = MetricsRegistry(),
        tracer: (any Tracer)? = nil,
        logger: Logger
    ) throws(KafkaError) {
        let loop = loop
        let inbox = PodInbox(wake: { loop.wake() })
        let headers = DeliveredHeaders(topic: settings.intakeTopic)
        let topics = try TopicChannel(
            properties: settings.properties,
            deadLetterTopic: settings.deadLetterTopic,
            policy: settings.rules.topicPolicy,
            deliveredHeaders: headers,
            wakeDescriptor: loop.wakeDescriptor,
            metrics: metrics,
            logger: logger.inCategory(.delivery)
        )
        let callbacks = CallbackChannel(
            client: callbackClient,
            settings: settings.callbacks,
            deliveredHeaders: headers,
            metrics: metrics,
            logger: logger.inCategory(.delivery),
            wake: { loop.wake() }
        )
        consumer = try KafkaConsumer(
            topic: settings.intakeTopic,
            group: settings.group,
            properties: settings.properties,
            logger: logger.inCategory(.kafka)
        )
        consumer.signal(fileDescriptor: loop.wakeDescriptor)
        driver = PodDriver(
            settings: settings,
            consumer: consumer,
            store: store,
            channels: PodChannels(
                topics: topics,
                callbacks: callbacks,
                tasks: tasks,
                inbox: inbox,
                logger: logger.inCategory(.pod)
            ),
            tasks: tasks,
            inbox: inbox,
            metrics: metrics,
            tracer: tracer,
            logger: logger
        )
    }

    /// Works until the graceful shutdown of its service group, or until Kafka makes it impossible. When cancelled, it
    /// ends without finishing deliveries in flight.
    ///
    /// - Throws: the error that ended it; none after a shutdown.
    public nonisolated func run() async throws {
        // The loop keeps the pod alive until it has stopped.
        loop.start { self.assumeIsolated { $0.turn() } }
        let error = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup(returning: KafkaError?.self) { group in
                    group.addTask { await self.tasks.run() }
                    let error = await self.untilEnded()
                    self.tasks.finish()
                    return error
                }
            } onGracefulShutdown: {
                self.ask(.drain)
            }
        } onCancel: {
            self.ask(.abandon)
        }
        // Off the loop, since it may block.
        await BlockingCall.run(named: "clockwork-leave") { self.consumer.close(timeout: Self.leaveTimeout) }
        await close()
        loop.stop()
        if let error { throw error }
    }

    /// Whether the pod is a member of its group: from its first assignment, even of no partition, until it loses its
    /// membership or begins to leave. From any thread.
    public nonisolated var hasJoined: Bool { joined.load(ordering: .relaxed) }

    /// The obstacles to the pod's work. Asking triggers a new check, so ask a second before the answer matters. From
    /// any thread.
    public nonisolated var obstacles: [Obstacle] {
        loop.wake()
        let observed = observed.withLock { $0 }
        if Uptime.now() > observed.time.advanced(byMilliseconds: Self.loopPatience) {
            return [Obstacle(.loop, "The pod's event loop has been blocked for \(Self.loopPatience / 1_000) s.")]
        }
        // Its place in the group may have been lost or given up since the last check.
        let others = observed.obstacles.filter { $0.kind != .group || !hasJoined }
        guard !hasJoined, !others.contains(where: { $0.kind == .group }) else { return others }
        return [Obstacle(.group, "The pod has not joined its consumer group.")] + others
    }

    /// How long the event loop may go without a turn before it counts as blocked, in milliseconds. It is woken once a
    /// second.
    private static let loopPatience: Int64 = 10_000

    /// Waits until the pod owns partitions and fires in all of them, or has ended.
    public func untilFiring() async {
        await withCheckedContinuation { continuation in
            whenFiring.append(continuation)
            report()
        }
    }

    private func untilEnded() async -> KafkaError? {
        await withCheckedContinuation { continuation in
            whenEnded = continuation
            report()
        }
    }

    private func close() {
        driver.close()
    }

    private nonisolated func ask(_ request: StopRequest) {
        stopRequest.withLock { $0 = max($0 ?? request, request) }
        loop.wake()
    }

    // MARK: A turn

    private func turn() {
        switch stopRequest.withLock({ $0.take() }) {
        case .drain: driver.shutDown()
        case .abandon: driver.abandon()
        case nil: break
        }
        loop.setAlarm(epochMilliseconds: driver.turn()?.rawValue)
        report()
    }

    /// Informs waiting callers of the new state.
    private func report() {
        let member = driver.member
        joined.store(member.hasJoined, ordering: .relaxed)
        observed.withLock { if $0.time != driver.obstacles.time { $0 = driver.obstacles } }
        if !whenFiring.isEmpty, member.isFiring || member.hasEnded {
            for continuation in whenFiring { continuation.resume() }
            whenFiring = []
        }
        guard member.hasEnded else { return }
        whenEnded?.resume(returning: member.error)
        whenEnded = nil
    }
}
