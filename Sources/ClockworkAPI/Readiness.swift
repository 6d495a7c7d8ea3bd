internal import Logging
internal import Scheduling
internal import Synchronization

/// Whether the pod can do its work, asked for in the background so that the answer is always at hand.
final class Readiness: Sendable {
    private let store: any ScheduleStore
    /// Whether the pod has joined its group; always true of a process without a pod.
    private let hasJoined: @Sendable () -> Bool
    private let logger: Logger
    private let storeAnsweredAt = Mutex<ContinuousClock.Instant?>(nil)

    private static let interval = Duration.seconds(1)
    /// How old the store's latest answer may be.
    private static let maxAge = Duration.seconds(4)
    /// A key that is asked for to see whether the store answers.
    private static let probe = ScheduleKey(clientID: "clockwork", scheduleKey: "readiness")

    init(store: any ScheduleStore, hasJoined: @escaping @Sendable () -> Bool, logger: Logger) {
        self.store = store
        self.hasJoined = hasJoined
        self.logger = logger
    }

    /// Asks the store once a second until cancelled.
    func run() async {
        while !Task.isCancelled {
            do throws(ScheduleStoreError) {
                _ = try await store.lookUp([Self.probe], partition: 0)
                storeAnsweredAt.withLock { $0 = .now }
            } catch {
                logger.debug("the store does not answer", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// What stands in the way; empty when the pod is ready.
    var obstacles: [String] {
        var obstacles: [String] = []
        if !hasJoined() { obstacles.append("The pod has not joined its consumer group.") }
        let answeredAt = storeAnsweredAt.withLock { $0 }
        if answeredAt.map({ .now - $0 > Self.maxAge }) ?? true { obstacles.append("The store does not answer.") }
        return obstacles
    }
}
