internal import Scheduling

/// Writes progress records, one after another for each partition: if two were in flight at once, the older could win.
actor ProgressWriter {
    private let store: any ScheduleStore
    /// The partitions being written, and the writes that wait for each.
    private var waiting: [Int32: [CheckedContinuation<Void, Never>]] = [:]

    init(store: any ScheduleStore) {
        self.store = store
    }

    /// Writes a record after the earlier writes have succeeded or failed.
    ///
    /// - Parameter isWanted: asked immediately before the write.
    /// - Returns: whether it was written. `false` if it was not wanted, or the store has a record of a later log.
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
