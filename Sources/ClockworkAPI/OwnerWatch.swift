internal import ClockworkService
internal import Kafka
internal import Logging

/// Asks how far the owners have come, once for all who wait at one time.
actor OwnerWatch {
    private let question: SharedQuestion<Void, Result<OwnerView, KafkaError>>
    /// Commits that were seen ahead of their partition's end: they are of a log that is no more, whatever the end is later.
    private var foreign: [Int32: LogOffset] = [:]
    private var hasFailed = false
    private let logger: Logger

    /// How long the brokers may take.
    private static let timeout = Duration.seconds(1)

    init(_ positions: GroupPositions, logger: Logger) {
        self.logger = logger
        question = SharedQuestion { _ in
            do throws(KafkaError) {
                return .success(OwnerView(try await positions.positions(timeout: Self.timeout)))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A view that is newer than this call; `nil` where the brokers do not answer.
    func view() async -> OwnerView? {
        switch await question.answer(to: ()) {
        case .success(let view):
            hasFailed = false
            return withoutForeign(view)
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

    private func withoutForeign(_ view: OwnerView) -> OwnerView {
        var view = view
        for (partition, state) in view.partitions {
            if let committed = state.committed, let end = state.end, committed.offset > end {
                foreign[partition] = committed
            }
            if let known = foreign[partition] {
                if known == state.committed {
                    view.partitions[partition]?.committed = nil
                } else {
                    foreign[partition] = nil
                }
            }
        }
        return view
    }
}
