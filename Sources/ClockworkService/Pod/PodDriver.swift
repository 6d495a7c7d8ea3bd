internal import Bytes
internal import Kafka
internal import Logging
internal import PrometheusMetrics
internal import Runtime
internal import Scheduling
internal import Tracing

/// A turn of a pod's loop: takes what has arrived, does what is due, and says when to wake it.
///
/// Used on the pod's event loop only.
final class PodDriver {
    /// The pod in its group.
    let member: GroupMember

    private let inbox: PodInbox
    private let channels: PodChannels
    private let owners: PartitionOwners
    private let sessionTimeout: Duration
    private var clock: PodClock
    private var lagMeasuredAt = Uptime.zero
    private var noted = Obstacles()

    /// How long a pod that is not sure of its place in the group waits before it reads the clocks again, in
    /// milliseconds.
    private static let doubt: Int64 = 20
    /// The time between two measurements of the intake's lag, in milliseconds.
    private static let lagInterval: Int64 = 1_000
    /// The most polls in one turn, so that timers and reports get theirs.
    private static let maxPollsPerTurn = 4

    /// - Parameters:
    ///   - tasks: runs slow work.
    ///   - inbox: returns results of slow work to the loop; `turn` empties it.
    init(
        settings: PodSettings,
        consumer: KafkaConsumer,
        store: any ScheduleStore,
        channels: PodChannels,
        tasks: TaskRunner,
        inbox: PodInbox,
        metrics: MetricsRegistry,
        tracer: (any Tracer)?,
        logger: Logger
    ) {
        self.inbox = inbox
        self.channels = channels
        sessionTimeout = consumer.sessionTimeout
        clock = PodClock(consumer)
        let progress = ProgressWriter(store: store)
        let reader = LogReader(topic: settings.intakeTopic, properties: settings.properties)
        let podLogger = logger.inCategory(.pod)
        let commits = GroupCommits(consumer, logger: podLogger)
        owners = PartitionOwners(
            settings: settings,
            consumer: consumer,
            channels: channels,
            stores: StoreRunner(
                store: store,
                progress: progress,
                tasks: tasks,
                logger: logger.inCategory(.store)
            ),
            commits: commits,
            inbox: inbox,
            tracer: tracer.map(BatchTracer.init),
            logger: podLogger
        )
        member = GroupMember(
            consumer: consumer,
            owners: owners,
            commits: commits,
            logs: LogWatch(
                settler: LogSettler(
                    settings: settings,
                    consumer: consumer,
                    reader: reader,
                    store: store,
                    progress: progress,
                    logger: podLogger
                ),
                looker: LogLooker(reader: reader),
                podName: settings.name,
                tasks: tasks,
                inbox: inbox
            ),
            rules: settings.rules,
            metrics: metrics,
            logger: podLogger,
            startAfresh: { channels.topics.startAfresh(now: $0) }
        )
        let policy = IntakePolicy(
            topic: settings.intakeTopic,
            group: settings.group,
            properties: settings.properties,
            logger: podLogger
        )
        tasks.start {
            if let objection = await policy.objection() { inbox.post { $0.refuseIntake(objection) } }
        }
    }

    /// The obstacles to the pod's work, and the time of the check.
    struct Observation: Equatable {
        var obstacles: [Obstacle] = []
        var time = Uptime.now()
    }

    /// As of the latest check, one a second while the loop takes its turns.
    private(set) var obstacles = Observation()

    /// Lets owners finish everything in flight, and then ends.
    func shutDown() {
        member.shutDown(now: clock.read())
    }

    /// Ends without waiting for anything.
    func abandon() {
        member.abandon(nil, now: clock.read())
    }

    /// Gives up everything in flight.
    func close() {
        channels.close()
    }

    // MARK: A turn

    /// Takes everything that has arrived: records, events, reports, the time. Never waits.
    ///
    /// - Returns: when to take the next turn at the latest; `nil` after the end.
    func turn() -> EpochMilliseconds? {
        for letter in inbox.takeAll() { letter(self) }
        guard !member.hasEnded else {
            publishMetrics()
            return nil
        }
        var polls = 0
        var isMore = true
        while isMore, polls < Self.maxPollsPerTurn, !member.hasEnded {
            polls += 1
            isMore = member.poll { clock.read() }
        }
        takeOutcomes()
        let now = clock.read()
        owners.advance(now: now)
        takeOutcomes()
        member.timeReached(now)
        channels.startTasks(now: now)
        if now.uptime >= lagMeasuredAt.advanced(byMilliseconds: Self.lagInterval) {
            lagMeasuredAt = now.uptime
            member.measureLag(now: now.uptime)
            member.note(in: &noted, now: now.uptime)
            channels.topics.note(in: &noted, now: now.uptime)
            obstacles = Observation(obstacles: noted.told(now: now.uptime), time: now.uptime)
        }
        publishMetrics()
        if member.hasEnded { return nil }
        // The consumer's queue holds more, and signals only when an empty queue fills.
        return isMore ? .zero : nextWake(now)
    }

    private func takeOutcomes() {
        channels.collect()
        let now = clock.read()
        for outcome in channels.takeOutcomes(now: now) { owners.take(outcome, now: now) }
    }

    private func publishMetrics() {
        channels.publishMetrics()
        member.publishMetrics()
    }

    private func nextWake(_ now: Moment) -> EpochMilliseconds? {
        var wake = [member.wakeAt, owners.wakeAt].compactMap { $0 }
        var due: EpochMilliseconds?
        if now.isSure {
            due = owners.all.compactMap(\.scheduler.wakeAt).min()
            if let time = channels.wakeAt {
                if time <= now.uptime { return .zero }
                wake.append(time)
            }
        }
        if !owners.isEmpty { wake.append(now.uptime.advanced(byMilliseconds: now.isSure ? idleInterval : Self.doubt)) }
        guard let pause = wake.min() else { return due }
        // Rounded up. A step of the wall clock does not matter: it wakes the loop, which then asks again.
        let end = WallClock.now().advanced(byMilliseconds: max(0, pause.milliseconds - now.uptime.milliseconds) + 1)
        return due.map { min($0, end) } ?? end
    }

    /// The longest time between two turns of a pod that owns partitions, in milliseconds. It serves progress records,
    /// and shows that the pod is awake while it joins.
    private var idleInterval: Int64 {
        min(ProgressNote.interval, sessionTimeout.wholeMilliseconds / 3)
    }

    // MARK: What comes back from tasks

    /// The store has answered an owner.
    func storeAnswered(_ owner: UInt32, _ answer: StoreRunner.Answer) {
        owners.storeAnswered(owner, answer, now: clock.read())
    }

    /// The logs of newly assigned partitions are known.
    func settled(_ logs: [Int32: LogSettlement], _ assignment: Int) {
        member.settled(logs, assignment, now: clock.read())
    }

    /// Logs have been checked.
    func looked(_ findings: LogLooker.Findings, doubt: Int?) {
        member.looked(findings, doubt: doubt, now: clock.read())
    }

    /// The pod must not run with its intake.
    func refuseIntake(_ error: KafkaError) {
        member.refuseIntake(error, now: clock.read())
    }

    /// A topic check has been answered.
    func topicChecked(_ topic: String, _ answer: TopicAnswer) {
        channels.topics.topicChecked(topic, answer, now: clock.read())
    }
}
