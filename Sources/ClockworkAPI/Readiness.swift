internal import ClockworkService
internal import CoreMetrics
internal import Logging
internal import PrometheusMetrics
internal import Runtime
internal import Scheduling
internal import Synchronization

/// Gathers the obstacles to the work of the process. It asks for them in the background, so that the answer is always
/// at hand.
///
/// The process is ready while it can do its main work: with a pod, to deliver; without one, to write to the intake.
/// Other obstacles (`Obstacle.Kind.isInTheWay` is false) are reported as well. All obstacles are shown as a metric.
final class Readiness: Sendable {
    private let store: any ScheduleStore
    private let work: Work
    private let intakeObstacle: @Sendable () -> String?
    private let logger: Logger
    private let gauges: [Obstacle.Kind: Gauge]
    private let own = Mutex(Obstacles())
    /// When the store was asked, while it has not answered; else `nil`.
    private let storeAskedAt = Mutex<Uptime?>(nil)
    private let endingSince = Mutex<ContinuousClock.Instant?>(nil)

    /// The work for which the process needs Kafka.
    enum Work: Sendable {
        /// It runs a pod, which reports its own obstacles.
        case pod(obstacles: @Sendable () -> [Obstacle])
        /// It only writes to the intake. The question is whether the brokers answer and have that topic.
        case intakeOnly(hasIntake: @Sendable () async -> Bool)
    }

    private static let interval = Duration.seconds(1)
    /// How long the store may take to answer, in milliseconds.
    private static let patience: Int64 = 4_000
    /// The key that is looked up to see whether the store answers.
    private static let probe = ScheduleKey(clientID: "clockwork", scheduleKey: "readiness")

    /// - Parameter intakeObstacle: the reason why requests cannot be written to the intake, if one is known.
    init(
        store: any ScheduleStore,
        work: Work,
        intakeObstacle: @escaping @Sendable () -> String?,
        metrics: any MetricsFactory,
        logger: Logger
    ) {
        self.intakeObstacle = intakeObstacle
        self.store = store
        self.work = work
        self.logger = logger
        gauges = Dictionary(
            uniqueKeysWithValues: Obstacle.Kind.allCases.map { ($0, Metric.obstacles.gauge(metrics, $0.rawValue)) }
        )
        let now = Uptime.now()
        own.withLock { own in
            own.note(.store, "The store has not answered yet.", now: now)
            if case .intakeOnly = work { own.note(.intake, "The brokers have not answered yet.", now: now) }
        }
    }

    /// Announces that the process is about to end. It is not ready from now on, but goes on answering for a while.
    func end() {
        endingSince.withLock { $0 = $0 ?? .now }
    }

    /// Whether the process is about to end.
    var isEnding: Bool { endingSince.withLock { $0 != nil } }

    /// How long ago the end was announced.
    var endingFor: Duration { endingSince.withLock { $0.map { .now - $0 } ?? .zero } }

    /// Asks the store, and without a pod also the brokers, once a second until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.repeatedly(self.askStore) }
            if case .intakeOnly(let hasIntake) = work {
                group.addTask {
                    await self.repeatedly {
                        let answer = await hasIntake()
                        self.note(.intake, answer ? nil : "The brokers do not answer, or have no intake topic.")
                    }
                }
            }
            group.addTask { await self.repeatedly(self.publish) }
        }
    }

    private func repeatedly(_ step: @Sendable () async -> Void) async {
        while !Task.isCancelled {
            await step()
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func askStore() async {
        storeAskedAt.withLock { $0 = .now() }
        defer { storeAskedAt.withLock { $0 = nil } }
        do throws(ScheduleStoreError) {
            _ = try await store.lookUp([Self.probe], partition: 0)
            note(.store, nil)
        } catch {
            note(.store, "The store does not answer: \(error.message)")
            logger.debug("the store does not answer", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ kind: Obstacle.Kind, _ reason: String?) {
        own.withLock { $0.note(kind, reason, now: .now()) }
    }

    private func publish() {
        let kinds = Set(obstacles.map(\.kind))
        for (kind, gauge) in gauges { gauge.record(kinds.contains(kind) ? 1 : 0) }
    }

    /// The state of the process.
    enum State: Sendable, Equatable {
        /// It can do its main work, in spite of these obstacles.
        case ready([Obstacle])
        /// It cannot do its main work, for these reasons.
        case notReady([String])
    }

    /// The present state of the process.
    var state: State {
        if isEnding { return .notReady(["The process is ending."]) }
        let obstacles = obstacles
        return obstacles.contains(where: \.kind.isInTheWay)
            ? .notReady(obstacles.map(\.reason)) : .ready(obstacles)
    }

    private var obstacles: [Obstacle] {
        let now = Uptime.now()
        if let asked = storeAskedAt.withLock({ $0 }), asked.advanced(byMilliseconds: Self.patience) <= now {
            note(.store, "The store does not answer.")
        }
        var all = own.withLock { $0.told(now: now) }
        if case .pod(let obstacles) = work { all += obstacles() }
        if let reason = intakeObstacle(), !all.contains(where: { $0.kind == .intake }) {
            all.append(Obstacle(.intake, "The brokers refuse the producer of requests: \(reason)."))
        }
        return all
    }
}
