internal import ClockworkService
internal import Kafka

/// Asks how far the owners have come, once for all who wait at one time.
actor OwnerWatch {
    private let ask: @Sendable () async throws(KafkaError) -> OwnerView
    private var isAsking = false
    /// Who asked after the question that is under way had been put.
    private var waiting: [CheckedContinuation<OwnerView?, Never>] = []

    /// How long the brokers may take.
    private static let timeout = Duration.seconds(2)

    init(ask: @escaping @Sendable () async throws(KafkaError) -> OwnerView) {
        self.ask = ask
    }

    init(_ positions: GroupPositions) {
        self.init { () throws(KafkaError) in
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
            let view = try? await ask()
            for continuation in served { continuation.resume(returning: view) }
        }
        isAsking = false
    }
}
