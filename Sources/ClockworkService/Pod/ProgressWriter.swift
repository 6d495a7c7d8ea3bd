internal import Scheduling

/// Writes progress records, those of one partition one after the other: of two that are under way at once the older
/// could be the one that stays.
actor ProgressWriter {
    private let store: any ScheduleStore
    /// The partitions that are being written, and what waits for each.
    private var waiting: [Int32: [CheckedContinuation<Void, Never>]] = [:]

    init(store: any ScheduleStore) {
        self.store = store
    }

    /// Writes a record when those before it have been written, or have failed.
    ///
    /// - Parameter isWanted: asked right before the write.
    /// - Returns: whether it was written: not where it was not wanted, or the store has a record of a later log.
    @discardableResult
    func write(
        _ progress: PartitionProgress,
        isWanted: @Sendable () -> Bool = { true }
    ) async throws(ScheduleStoreError) -> Bool {
        await takeTurn(progress.partition)
        defer { passTurn(progress.partition) }
        guard isWanted() else { return false }
        return try await store.save(progress)
    }

    private func takeTurn(_ partition: Int32) async {
        guard waiting[partition] != nil else {
            waiting[partition] = []
            return
        }
        await withCheckedContinuation { waiting[partition]?.append($0) }
    }

    private func passTurn(_ partition: Int32) {
        if waiting[partition]?.isEmpty == false {
            waiting[partition]?.removeFirst().resume()
        } else {
            waiting[partition] = nil
        }
    }
}
