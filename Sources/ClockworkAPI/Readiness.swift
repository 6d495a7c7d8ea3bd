internal import Logging
internal import Scheduling
internal import Synchronization

/// Whether the pod can do its work, asked for in the background so that the answer is always at hand.
final class Readiness: Sendable {
    private let store: any ScheduleStore
    private let work: Work
    private let intakeObstacle: @Sendable () -> String?
    private let logger: Logger
    private let seen = Mutex(Seen())

    /// What the process needs Kafka for.
    enum Work: Sendable {
        /// It runs a pod: whether that has joined its consumer group, and what keeps it from delivering.
        case pod(hasJoined: @Sendable () -> Bool, obstacles: @Sendable () -> [String])
        /// It only writes to the intake: whether the brokers answer and have that topic.
        case intakeOnly(hasIntake: @Sendable () async -> Bool)
    }

    private struct Seen {
        var storeAnsweredAt: ContinuousClock.Instant?
        var storeFailure: String?
        var hasIntake = false
    }

    private static let interval = Duration.seconds(1)
    /// How old the store's latest answer may be.
    private static let maxAge = Duration.seconds(4)
    /// A key that is asked for to see whether the store answers.
    private static let probe = ScheduleKey(clientID: "clockwork", scheduleKey: "readiness")

    /// - Parameter intakeObstacle: why requests cannot be written to the intake, if that is known.
    init(
        store: any ScheduleStore,
        work: Work,
        intakeObstacle: @escaping @Sendable () -> String?,
        logger: Logger
    ) {
        self.intakeObstacle = intakeObstacle
        self.store = store
        self.work = work
        self.logger = logger
    }

    /// Asks the store, and without a pod the brokers, once a second until cancelled.
    func run() async {
        while !Task.isCancelled {
            do throws(ScheduleStoreError) {
                _ = try await store.lookUp([Self.probe], partition: 0)
                seen.withLock { $0.storeAnsweredAt = .now }
            } catch {
                seen.withLock { $0.storeFailure = error.message }
                logger.debug("the store does not answer", metadata: ["error": "\(error)"])
            }
            if case .intakeOnly(let hasIntake) = work {
                let answer = await hasIntake()
                seen.withLock { $0.hasIntake = answer }
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// What stands in the way; empty when the pod is ready.
    var obstacles: [String] {
        var obstacles: [String] = []
        let seen = seen.withLock { $0 }
        switch work {
        case .pod(let hasJoined, let found):
            if !hasJoined() { obstacles.append("The pod has not joined its consumer group.") }
            obstacles += found()
        case .intakeOnly:
            if !seen.hasIntake { obstacles.append("The brokers do not answer, or have no intake topic.") }
        }
        if let reason = intakeObstacle() {
            obstacles.append("The brokers refuse the producer of requests: \(reason).")
        }
        if seen.storeAnsweredAt.map({ .now - $0 > Self.maxAge }) ?? true {
            obstacles.append(
                seen.storeFailure.map { "The store does not answer: \($0)" } ?? "The store does not answer."
            )
        }
        return obstacles
    }
}
