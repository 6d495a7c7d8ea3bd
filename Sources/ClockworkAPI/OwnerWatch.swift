internal import ClockworkService
internal import Kafka
internal import Logging
internal import Synchronization

/// Asks the brokers how far the owners have come. Callers that ask at the same time share one question.
actor OwnerWatch {
    private let question: SharedQuestion<Void, Result<OwnerView, KafkaError>>
    private var hasFailed = false
    private let logger: Logger

    /// The time that the brokers may take to answer.
    private static let timeout = Duration.seconds(1)

    init(_ positions: GroupPositions, logger: Logger) {
        self.logger = logger
        // The history belongs to the question, not to its callers: here views arrive in the order in which they were
        // seen.
        let history = History()
        question = SharedQuestion { _ in
            do throws(KafkaError) {
                let view = OwnerView(try await positions.positions(timeout: Self.timeout))
                return .success(history.judge(view))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A view that is newer than this call; `nil` if the brokers do not answer.
    func view() async -> OwnerView? {
        switch await question.answer(to: ()) {
        case .success(let view):
            hasFailed = false
            return view
        case .failure(let error):
            if !hasFailed {
                logger.warning(
                    "answers are not final: the owners' progress is not known",
                    metadata: ["error": "\(error)"]
                )
            }
            hasFailed = true
            return nil
        }
    }

    /// Remembers earlier views.
    private final class History: Sendable {
        private let foreign = Mutex(ForeignCommits())

        func judge(_ view: OwnerView) -> OwnerView { foreign.withLock { $0.without(view) } }
    }
}
