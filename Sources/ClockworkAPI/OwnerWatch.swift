internal import ClockworkService
internal import Kafka
internal import Logging

/// Asks how far the owners have come, once for all who wait at one time.
actor OwnerWatch {
    private let ask: @Sendable () async throws(KafkaError) -> OwnerView
    private var isAsking = false
    /// Commits that were seen ahead of their partition's end: they are of a log that is no more, whatever the end is later.
    private var foreign: [Int32: LogOffset] = [:]
    private var hasFailed = false
    private let logger: Logger
    /// Who asked after the question that is under way had been put.
    private var waiting: [CheckedContinuation<OwnerView?, Never>] = []

    /// How long the brokers may take.
    private static let timeout = Duration.seconds(1)

    init(logger: Logger, ask: @escaping @Sendable () async throws(KafkaError) -> OwnerView) {
        self.logger = logger
        self.ask = ask
    }

    init(_ positions: GroupPositions, logger: Logger) {
        self.init(logger: logger) { () throws(KafkaError) in
            let positions = try await positions.positions(timeout: Self.timeout)
            return OwnerView(
                partitions: positions.mapValues { position in
                    OwnerView.Partition(end: position.end, committed: position.committed.map(LogOffset.init(commit:)))
                }
            )
        }
    }

    /// A view that is newer than this call; `nil` where the brokers do not answer.
    func view() async -> OwnerView? {
        await withCheckedContinuation { continuation in
            waiting.append(continuation)
            guard !isAsking else { return }
            isAsking = true
            Task { await self.askWhileWanted() }
        }
    }

    private func askWhileWanted() async {
        while !waiting.isEmpty {
            let served = waiting
            waiting = []
            let view = await askOnce()
            for continuation in served { continuation.resume(returning: view) }
        }
        isAsking = false
    }

    private func askOnce() async -> OwnerView? {
        do throws(KafkaError) {
            let view = withoutForeign(try await ask())
            hasFailed = false
            return view
        } catch {
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
