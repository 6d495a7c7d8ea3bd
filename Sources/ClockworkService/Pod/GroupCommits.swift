internal import Kafka
internal import Logging
internal import Runtime

/// Commits offsets that owners have settled, and notes the committed ones. Used on the pod's event loop only.
final class GroupCommits {
    private let consumer: KafkaConsumer
    private let logger: Logger
    private var queue = CommitQueue()

    init(_ consumer: KafkaConsumer, logger: Logger) {
        self.consumer = consumer
        self.logger = logger
    }

    /// Everything below this offset, Kafka's own, is settled.
    func want(_ partition: Int32, _ offset: Int64) {
        queue.want(partition, offset)
    }

    /// Nothing more of a partition is committed.
    func forget(_ partition: Int32) {
        queue.forget(partition)
    }

    /// Whether a commit of the partition is wanted or in flight.
    func isOutstanding(_ partition: Int32) -> Bool { queue.isOutstanding(partition) }

    /// When there is something to commit.
    var wakeAt: Uptime? { queue.wakeAt }

    /// Commits the wanted offsets, when it is time.
    ///
    /// - Parameters:
    ///   - atOnce: whether a partition waits only for its commit.
    ///   - generation: which log of a partition its owner reads.
    func commit(now: Moment, atOnce: Bool, generation: (Int32) -> Int64?) {
        guard !consumer.isJoining else { return queue.postpone(now: now.uptime) }
        guard let offsets = queue.take(now: now.uptime, atOnce: atOnce) else { return }
        var commits: [Int32: GroupOffset] = [:]
        for (partition, offset) in offsets {
            let metadata = CommitMetadata.text(generation: generation(partition) ?? 0)
            commits[partition] = GroupOffset(offset: offset, metadata: metadata)
        }
        do throws(KafkaError) {
            try consumer.commit(commits)
        } catch {
            queue.failed(offsets, now: now.uptime)
            logger.warning("not committed", metadata: ["error": "\(error)"])
        }
    }

    /// The offsets of an answer that are still awaited.
    func awaited(_ offsets: [Int32: Int64]) -> [Int32: Int64] { queue.awaited(offsets) }

    /// A commit has succeeded.
    func succeeded(_ offsets: [Int32: Int64]) {
        queue.succeeded(offsets)
    }

    /// A commit has failed. In a rebalance that is normal: it is repeated, or the next owner begins a little further
    /// back.
    func failed(_ offsets: [Int32: Int64], _ error: KafkaError, now: Moment) {
        queue.failed(offsets, now: now.uptime)
        let level: Logger.Level = error.isNormalDuringRebalance ? .debug : .warning
        logger.log(level: level, "not committed", metadata: ["error": "\(error)"])
    }
}
