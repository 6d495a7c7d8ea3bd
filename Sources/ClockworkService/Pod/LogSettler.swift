internal import Kafka
internal import Logging
internal import Scheduling

/// Finds out which log each newly assigned partition has, and notes a new one in the store before anything of it is
/// stored. Asks until there are answers.
struct LogSettler: Sendable {
    /// The assigned partitions, and the destination of the answers.
    struct Question: Sendable {
        /// The partitions to be settled.
        var partitions: [Int32]
        /// The lowest end that the log read before can have; Kafka's own offset.
        var readUpTo: Int64 = 0
        /// The last knowledge of this pod's own previous owners, which must be in the store first.
        var known: [Int32: PartitionProgress] = [:]
        /// The group generation under which they were assigned.
        var epoch: Int64
        /// The partitions among these that still wait for the answer.
        var stillWanted: @Sendable ([Int32]) async -> [Int32]
        /// Takes answers as they come.
        var answer: @Sendable ([Int32: LogSettlement]) async -> Void
    }

    private let topic: String
    private let podName: String
    private let consumer: KafkaConsumer
    private let reader: LogReader
    private let store: any ScheduleStore
    private let progress: ProgressWriter
    private let logger: Logger

    /// How long the brokers may take to answer about all partitions; no drain waits for it.
    private static let timeout = Duration.seconds(7)
    /// The pause before unanswered partitions are asked about again.
    private static let pause = Duration.milliseconds(500)

    init(
        settings: PodSettings,
        consumer: KafkaConsumer,
        reader: LogReader,
        store: any ScheduleStore,
        progress: ProgressWriter,
        logger: Logger
    ) {
        topic = settings.intakeTopic
        podName = settings.name
        self.consumer = consumer
        self.reader = reader
        self.store = store
        self.progress = progress
        self.logger = logger
    }

    /// Settles the logs of the partitions in question, each as soon as possible.
    func settle(_ question: Question) async {
        var question = question
        var isTold = false
        while !Task.isCancelled {
            question.partitions = await question.stillWanted(question.partitions)
            guard !question.partitions.isEmpty else { return }
            do {
                try await saveKnown(&question)
                try await ask(&question)
            } catch {
                logger.log(
                    level: isTold ? .debug : .warning,
                    "the intake's logs are not known yet; asking again",
                    metadata: ["partitions": "\(question.partitions.sorted())", "error": "\(error)"]
                )
                isTold = true
            }
            guard !question.partitions.isEmpty, (try? await Task.sleep(for: Self.pause)) != nil else { return }
        }
    }

    private func saveKnown(_ question: inout Question) async throws(ScheduleStoreError) {
        for (partition, record) in question.known {
            try await progress.write(record)
            question.known[partition] = nil
        }
    }

    /// Asks once, and removes answered partitions from the question.
    private func ask(_ question: inout Question) async throws {
        let records = Dictionary(
            try await store.progress().map { ($0.partition, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let wanted = question.partitions
        // Asked before the ends of the logs, so that a committed offset of a log is within it.
        let committed = try await consumer.committedOffsets(of: wanted, timeout: Self.timeout)
        let marks = Dictionary(uniqueKeysWithValues: wanted.map { ($0, records[$0]?.mark.map(LogReader.Place.init)) })
        let logs = try await reader.logs(of: marks, timeout: Self.timeout)
        var same: [Int32: LogSettlement] = [:]
        var new: [Int32: LogSettlement] = [:]
        var failure: (any Error)?
        for (partition, result) in logs {
            do {
                let log = try result.get()
                let settlement = try LogSettlement.checked(
                    progress: records[partition],
                    group: committed[partition],
                    log: LogSettlement.Log(log),
                    readUpTo: question.readUpTo
                )
                if settlement.isNew { new[partition] = settlement } else { same[partition] = settlement }
            } catch {
                failure = error
            }
        }
        await answer(same, &question)
        for (partition, settlement) in new {
            guard try await begin(settlement, partition, before: records[partition], question) else { continue }
            await answer([partition: settlement], &question)
        }
        if let failure { throw failure }
    }

    private func answer(_ logs: [Int32: LogSettlement], _ question: inout Question) async {
        guard !logs.isEmpty else { return }
        question.partitions.removeAll { logs[$0] != nil }
        await question.answer(logs)
    }

    /// Notes a new log in the store, so that everything stored from it later has offsets of this generation.
    ///
    /// - Returns: whether it is noted. `false` if nobody asks any more, or another owner has noted a later one.
    private func begin(
        _ settlement: LogSettlement,
        _ partition: Int32,
        before: PartitionProgress?,
        _ question: Question
    ) async throws(ScheduleStoreError) -> Bool {
        guard await !question.stillWanted([partition]).isEmpty else { return false }
        let isNoted = try await progress.write(
            PartitionProgress(
                partition: partition,
                owner: podName,
                epoch: question.epoch,
                executedUpTo: before?.executedUpTo,
                pendingResident: 0,
                committedOffset: nil,
                generation: settlement.generation,
                mark: settlement.mark,
                updatedAt: WallClock.now()
            )
        )
        guard isNoted else { return false }
        logger.warning(
            """
            the intake partition is not the one that was read before: its topic was recreated, lost records, or is of \
            another cluster. It is read from its beginning; pending schedules stay pending
            """,
            metadata: [
                "topic": "\(topic)", "partition": "\(partition)", "generation": "\(settlement.generation)",
                "offset": "\(settlement.start)",
            ]
        )
        return true
    }
}
