public import HTTPTransport
public import Kafka
public import Logging
public import PrometheusMetrics
public import Scheduling
public import ServiceLifecycle
internal import Synchronization
public import Tracing

/// A member of the group: consumes the intake, runs an owner for each assigned partition, delivers what is due.
///
/// All of its state is used on its event loop, whose thread polls the Kafka clients, fires and produces without a hop;
/// store calls run elsewhere and come back as jobs of the loop.
public actor Pod: Service {
    nonisolated let loop = EventLoop()

    /// The loop's thread is this actor's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let settings: PodSettings
    let logger: Logger
    let stores: StoreRunner
    let consumer: KafkaConsumer
    let delivery: TopicChannel
    let callbacks: CallbackSender
    private let tracer: BatchTracer?

    var intake: IntakeReader
    var owners: [UInt32: PartitionOwner] = [:]
    var ownerOfPartition: [Int32: PartitionOwner] = [:]
    var lastOwnerNumber: UInt32 = 0
    /// Partitions whose offsets are being looked up before they can be owned, with the number of their assignment.
    var starting: [Int32: Int] = [:]
    var lastAssignment = 0
    var commits = CommitQueue()
    nonisolated let joined = Atomic(false)
    /// What the wall clock showed when the pod last was sure of its place in the group.
    private var lastSureTime = EpochMilliseconds.zero
    private var counted = SchedulerCounters()
    var metrics: PodMetrics
    var consumerMetrics: KafkaClientMetrics
    private var lagMeasuredAt = Uptime.zero
    private var whenFiring: [CheckedContinuation<Void, Never>] = []

    enum Phase {
        case running
        /// Owners drain; the pod ends with the last of them.
        case draining
        case ended(KafkaError?)
    }

    var phase = Phase.running
    private var whenEnded: CheckedContinuation<KafkaError?, Never>?

    private enum StopRequest: Int, Comparable {
        /// Finish what is in flight.
        case drain
        /// End now.
        case abandon

        static func < (left: StopRequest, right: StopRequest) -> Bool { left.rawValue < right.rawValue }
    }

    /// What the pod was last asked to do, for its next turn. Not a task: cancelling cancels tasks, too.
    private nonisolated let stopRequest = Mutex<StopRequest?>(nil)
    private let tasks: AsyncStream<@Sendable () async -> Void>
    private let taskSource: AsyncStream<@Sendable () async -> Void>.Continuation

    // A pod ends within 10 s, whatever is out of reach: what is asked before a drain or in it gets its answer, or gives
    // up, within 7 s, and leaving the group takes 2 s at the most.

    /// How long a drain may take before the partition is let go as it is, in milliseconds.
    static let drainLimit: Int64 = 5_000
    /// How long the brokers may take over a topic check. One may begin as late as the end of a drain.
    static let topicCheckTimeout = Duration.seconds(2)
    /// How long the brokers may take to tell the offsets of partitions that are assigned, which no drain does.
    static let offsetsTimeout = Duration.seconds(7)
    /// The time between two progress records of a partition, in milliseconds.
    static let progressInterval: Int64 = 5_000
    /// How long a pod that is not sure of its place in the group waits before it looks again, in milliseconds.
    private static let doubt: Int64 = 20
    /// The time between two measurements of the intake's lag, in milliseconds.
    private static let lagInterval: Int64 = 1_000
    /// The most polls in one turn, so that timers and reports get theirs.
    private static let maxPollsPerTurn = 4

    /// Joins the group. Nothing is read before `run`.
    ///
    /// - Parameters:
    ///   - callbackClient: makes the callbacks, with the pod's `CallbackSettings.httpConfiguration`; closed by the pod.
    ///   - metrics: where it shows what it does.
    ///   - tracer: opens a span for each batch of requests and of deliveries; `nil` for none.
    /// - Throws: when Kafka refuses a property.
    public init(
        settings: PodSettings,
        store: any ScheduleStore,
        callbackClient: HTTPClient,
        metrics: MetricsRegistry = MetricsRegistry(),
        tracer: (any Tracer)? = nil,
        logger: Logger
    ) throws(KafkaError) {
        self.settings = settings
        self.logger = logger.inCategory(.pod)
        self.metrics = PodMetrics(metrics)
        consumerMetrics = KafkaClientMetrics(.consumer, metrics)
        stores = StoreRunner(store: store, logger: logger.inCategory(.store))
        self.tracer = tracer.map(BatchTracer.init)
        let deliveredHeaders = DeliveredHeaders(topic: settings.intakeTopic)
        intake = IntakeReader(rules: settings.rules)
        (tasks, taskSource) = AsyncStream.makeStream()
        delivery = try TopicChannel(
            properties: settings.properties,
            deadLetterTopic: settings.deadLetterTopic,
            deliveredHeaders: deliveredHeaders,
            wakeDescriptor: loop.wakeDescriptor,
            metrics: metrics,
            logger: logger.inCategory(.delivery)
        )
        let loop = loop
        callbacks = CallbackSender(
            client: callbackClient,
            settings: settings.callbacks,
            recordID: deliveredHeaders,
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
    }

    /// Works until the graceful shutdown of its service group, or until Kafka makes it impossible. Cancelled, it ends
    /// without finishing what is in flight.
    ///
    /// - Throws: the error that ended it; none after a shutdown.
    public nonisolated func run() async throws {
        // The loop keeps the pod alive until it has stopped.
        loop.start { self.assumeIsolated { $0.turn() } }
        let error = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup(returning: KafkaError?.self) { group in
                    group.addTask { await self.stores.run() }
                    group.addTask { await self.runTasks() }
                    let error = await self.untilEnded()
                    self.stores.finish()
                    self.taskSource.finish()
                    return error
                }
            } onGracefulShutdown: {
                self.ask(.drain)
            }
        } onCancel: {
            self.ask(.abandon)
        }
        await leave()
        loop.stop()
        if let error { throw error }
    }

    /// What the pod has done since it started, over all partitions it has owned.
    public var counters: SchedulerCounters {
        owners.values.reduce(into: counted) { $0.add($1.scheduler.counters) }
    }

    /// Whether the pod is a member of its group: from its first assignment, of no partition even, until it loses its
    /// membership or begins to leave. From any thread.
    public nonisolated var hasJoined: Bool { joined.load(ordering: .relaxed) }

    /// Waits until the pod owns partitions and fires in all of them, or has ended.
    public func untilFiring() async {
        await withCheckedContinuation { continuation in
            whenFiring.append(continuation)
            reportFiring()
        }
    }

    private func reportFiring() {
        let isFiring = !owners.isEmpty && starting.isEmpty && owners.values.allSatisfy(\.scheduler.isRunning)
        guard isFiring || hasEnded else { return }
        for continuation in whenFiring { continuation.resume() }
        whenFiring = []
    }

    private var hasEnded: Bool {
        if case .ended = phase { true } else { false }
    }

    // MARK: Tasks

    /// Runs `task` beside the loop, as a child of `run`.
    func start(_ task: @escaping @Sendable () async -> Void) {
        taskSource.yield(task)
    }

    private nonisolated func runTasks() async {
        await withDiscardingTaskGroup { group in
            for await task in tasks {
                group.addTask { await task() }
            }
            group.cancelAll()
        }
    }

    private func untilEnded() async -> KafkaError? {
        await withCheckedContinuation { continuation in
            whenEnded = continuation
            reportEnd()
        }
    }

    private func reportEnd() {
        guard case .ended(let error) = phase else { return }
        whenEnded?.resume(returning: error)
        whenEnded = nil
    }

    /// Leaves the group and gives up the producer, off the loop, since both may block.
    private nonisolated func leave() async {
        await BlockingCall.run(named: "clockwork-leave") { self.consumer.close(timeout: .seconds(2)) }
        await closeDelivery()
    }

    private func closeDelivery() {
        delivery.close()
        callbacks.close()
    }

    // MARK: The end

    private nonisolated func ask(_ request: StopRequest) {
        stopRequest.withLock { $0 = max($0 ?? request, request) }
        loop.wake()
    }

    private func takeStopRequest() {
        let request = stopRequest.withLock { request in
            defer { request = nil }
            return request
        }
        switch request {
        case .drain: shutDown()
        case .abandon: abandon(nil)
        case nil: break
        }
    }

    private func shutDown() {
        guard case .running = phase else { return }
        logger.info("shutting down", metadata: ["partitions": "\(owners.count)"])
        phase = .draining
        joined.store(false, ordering: .relaxed)
        let now = look()
        for owner in owners.values { beginDrain(of: owner, now) }
        endIfDrained()
    }

    func endIfDrained() {
        guard case .draining = phase, owners.isEmpty else { return }
        end(nil)
    }

    func end(_ error: KafkaError?) {
        guard !hasEnded else { return }
        phase = .ended(error)
        joined.store(false, ordering: .relaxed)
        reportEnd()
        reportFiring()
        publishMetrics()
    }

    func count(_ counters: SchedulerCounters) {
        counted.add(counters)
    }

    // MARK: A turn

    /// The longest time between two turns of a pod that owns partitions, in milliseconds: for progress records, and so
    /// that it is seen to be awake while it joins.
    private var idleInterval: Int64 {
        min(Self.progressInterval, consumer.sessionTimeout.wholeMilliseconds / 3)
    }

    /// Takes whatever is there: records, events, reports, the time. Never waits.
    private func turn() {
        takeStopRequest()
        guard !hasEnded else { return }
        var polls = 0
        var isMore = true
        while isMore, polls < Self.maxPollsPerTurn {
            polls += 1
            isMore = poll()
        }
        takeOutcome()
        let now = look()
        for owner in owners.values {
            if let time = owner.scheduler.wakeAt, time <= now.wall {
                step(owner, now) { $0.timeReached(now.wall, &$1) }
            }
            for id in owner.takeDelayedLookUps(now: now.uptime) {
                step(owner, now) { $0.lookUpDelayed(id, now: now.wall, &$1) }
            }
            keepProgress(of: owner, now)
        }
        takeOutcome()
        finishDrains(now)
        commit(now)
        if !whenFiring.isEmpty { reportFiring() }
        for check in delivery.takeWantedChecks(now: now) { make(check) }
        measureLag(now.uptime)
        publishMetrics()
        // More is in the consumer's queue, which signals only what comes into an empty one.
        loop.setAlarm(isMore ? .zero : nextWake(now))
    }

    /// Makes visible what this turn, and the jobs before it, have changed.
    private func publishMetrics() {
        delivery.publishMetrics()
        var standing = PodMetrics.Standing()
        standing.counters = counted
        standing.owned = owners.count
        for owner in owners.values {
            standing.counters.add(owner.scheduler.counters)
            standing.paused += owner.scheduler.isPaused ? 1 : 0
            standing.resident += owner.scheduler.residentCount
            standing.unsettled += owner.scheduler.unsettledCount
            standing.inFlight += owner.scheduler.deliveriesInFlight
            standing.bytes += owner.scheduler.bytesInMemory
        }
        metrics.publish(standing)
    }

    private func measureLag(_ now: Uptime) {
        guard now >= lagMeasuredAt.advanced(byMilliseconds: Self.lagInterval) else { return }
        lagMeasuredAt = now
        for owner in owners.values {
            guard let end = consumer.knownEnd(of: owner.partition) else { continue }
            metrics.lags(owner.partition, by: max(0, end - owner.scheduler.nextOffset))
        }
    }

    private func nextWake(_ now: Moment) -> EpochMilliseconds? {
        var wake = [delivery.wakeAt, commits.wakeAt].compactMap { $0 }
        for owner in owners.values {
            if let end = owner.drainDeadline { wake.append(end) }
            if let end = owner.patienceEnd { wake.append(end) }
        }
        if !owners.isEmpty { wake.append(now.uptime.advanced(byMilliseconds: now.isSure ? idleInterval : Self.doubt)) }
        let fire = now.isSure ? owners.values.compactMap(\.scheduler.wakeAt).min() : nil
        let due = [fire, now.isSure ? callbacks.wakeAt : nil].compactMap { $0 }.min()
        guard let pause = wake.min() else { return due }
        // Rounded up. A step of the wall clock is no matter: it wakes the loop, which then asks again.
        let end = WallClock.now().advanced(byMilliseconds: max(0, pause.milliseconds - now.uptime.milliseconds) + 1)
        return due.map { min($0, end) } ?? end
    }

    /// Looks at the clocks.
    ///
    /// Design rule "Sure of its place": time stands still while the group may have given the partitions away. The wall
    /// clock is read first; a pod that is stopped in between then sees a time from before.
    func look() -> Moment {
        let wall = WallClock.now()
        let isSure = consumer.isWithinSession
        if isSure { lastSureTime = wall }
        return Moment(wall: isSure ? wall : min(wall, lastSureTime), uptime: Uptime.now(), isSure: isSure)
    }

    private func poll() -> Bool {
        var events: [ConsumerEvent] = []
        let isMore = consumer.poll(maxRecords: 1_000) { record in
            intake.read(record)
        } onEvent: { event in
            events.append(event)
        }
        let now = look()
        for (partition, batch) in intake.takeBatches() {
            // Records of a partition that is being drained are read by its next owner.
            guard let owner = ownerOfPartition[partition], owner.drainDeadline == nil else { continue }
            take(batch, owner, now)
        }
        for event in events { handle(event, now) }
        return isMore
    }

    private func take(_ batch: IntakeReader.Batch, _ owner: PartitionOwner, _ now: Moment) {
        let span = tracer?.intake(batch.items, partition: owner.partition)
        defer { span?.end() }
        let fresh = owner.scheduler.nextOffset
        step(owner, now) { $0.requestsRead(batch.items, now: now.wall, &$1) }
        for record in batch.rejected where record.offset >= fresh {
            delivery.deadLetter(record, of: owner.sender, now: now)
        }
    }

    // MARK: Owners

    /// Gives an owner's scheduler an event and carries out what it asks for.
    func step(
        _ owner: PartitionOwner,
        _ now: Moment,
        _ event: (inout PartitionScheduler, inout Effects) -> Void
    ) {
        var effects = Effects()
        let wasRunning = owner.scheduler.isRunning
        event(&owner.scheduler, &effects)
        perform(effects, owner, now)
        if !wasRunning, owner.scheduler.isRunning {
            logger.info(
                "firing",
                metadata: ["partition": "\(owner.partition)", "resident": "\(owner.scheduler.residentCount)"]
            )
        }
    }

    private func perform(_ effects: Effects, _ owner: PartitionOwner, _ now: Moment) {
        if !effects.deliver.isEmpty {
            let span = tracer?.delivery(effects.deliver, partition: owner.partition)
            for delivery in effects.deliver { send(delivery, owner, now) }
            span?.end()
        }
        for failed in effects.deadLetter { delivery.deadLetter(failed, of: owner.sender, now: now) }
        if !effects.store.isEmpty || !effects.lookUp.isEmpty || effects.loadPage != nil {
            stores.begin(
                effects,
                for: StoreRunner.Caller(
                    owner: owner.number,
                    partition: owner.partition,
                    ownership: owner.ownership,
                    deliver: { number, answer in await self.storeAnswered(number, answer) }
                )
            )
        }
        for call in effects.lookUp { owner.beginLookUp(call.id, now: now.uptime) }
        if let offset = effects.commit { commits.want(owner.partition, offset) }
        if let flow = effects.intake { steer(flow, owner) }
        if effects.drained { owner.isDrained = true }
    }

    private func storeAnswered(_ number: UInt32, _ answer: StoreRunner.Answer) {
        guard let owner = owners[number] else { return }
        let now = look()
        step(owner, now) { scheduler, effects in
            switch answer {
            case .changesStored(let id): scheduler.changesStored(id, now: now.wall, &effects)
            case .keysLookedUp(let id, let answers):
                owner.endLookUp(id)
                scheduler.keysLookedUp(id, answers, now: now.wall, &effects)
            case .pageLoaded(let page): scheduler.pageLoaded(page, now: now.wall, &effects)
            }
        }
    }

    private func steer(_ flow: Effects.Intake, _ owner: PartitionOwner) {
        do throws(KafkaError) {
            switch flow {
            case .pause: try consumer.pause([owner.partition])
            case .resume: try consumer.resume([owner.partition])
            }
        } catch {
            logger.warning("intake not steered", metadata: ["partition": "\(owner.partition)", "error": "\(error)"])
        }
    }

    /// Writes the progress record when it is due and something has changed.
    func keepProgress(of owner: PartitionOwner, _ now: Moment, atOnce: Bool = false) {
        let isDue = atOnce || now.uptime >= owner.savedAt.advanced(byMilliseconds: Self.progressInterval)
        let mark = ProgressMark(
            executedUpTo: owner.scheduler.executedUpTo,
            resident: owner.scheduler.residentCount,
            committed: owner.confirmedOffset
        )
        guard isDue, mark != owner.savedMark else { return }
        owner.savedAt = now.uptime
        owner.savedMark = mark
        stores.save(
            PartitionProgress(
                partition: owner.partition,
                owner: settings.name,
                epoch: owner.epoch,
                executedUpTo: mark.executedUpTo,
                pendingResident: mark.resident,
                committedOffset: mark.committed,
                updatedAt: now.wall
            )
        )
    }
}
