internal import Kafka
internal import Logging
internal import PrometheusMetrics
internal import Runtime
internal import Scheduling

/// A pod as a member of its group: reads the intake, and carries out the actions of `Assignments` for partitions that
/// come and go.
///
/// Used on the pod's event loop only. Slow work runs as a task and comes back through the inbox.
final class GroupMember {
    private let consumer: KafkaConsumer
    let owners: PartitionOwners
    private let commits: GroupCommits
    let logs: LogWatch
    let logger: Logger
    /// Gives up the records on their way to topics.
    private let startAfresh: (Moment) -> Void

    var assignments = Assignments()
    private var batcher: RequestBatcher
    private var metrics: PodMetrics
    private var consumerMetrics: KafkaClientMetrics
    private(set) var place = GroupPlace()
    /// The error that ended it, if there was one.
    private(set) var error: KafkaError?

    init(
        consumer: KafkaConsumer,
        owners: PartitionOwners,
        commits: GroupCommits,
        logs: LogWatch,
        rules: RequestRules,
        metrics: MetricsRegistry,
        logger: Logger,
        startAfresh: @escaping (Moment) -> Void
    ) {
        self.consumer = consumer
        self.owners = owners
        self.commits = commits
        self.logs = logs
        self.logger = logger
        self.startAfresh = startAfresh
        batcher = RequestBatcher(rules: rules)
        self.metrics = PodMetrics(metrics)
        consumerMetrics = KafkaClientMetrics(.consumer, metrics)
    }

    // MARK: What the pod asks

    /// Whether it is a member of the group, even one without partitions.
    var hasJoined: Bool { place.hasJoined }

    /// Whether nothing is left to do.
    var hasEnded: Bool { assignments.hasEnded }

    /// Whether there are owners and all of them fire.
    var isFiring: Bool {
        !owners.isEmpty && !assignments.isSettling && owners.all.allSatisfy(\.scheduler.isRunning)
    }

    /// When `timeReached` has something to do.
    var wakeAt: Uptime? {
        [assignments.wakeAt, commits.wakeAt].compactMap { $0 }.min()
    }

    /// Lets owners finish everything in flight, and then ends.
    func shutDown(now: Moment) {
        guard assignments.isRunning else { return }
        logger.info("shutting down", metadata: ["partitions": "\(owners.all.count)"])
        place.left()
        act(assignments.shutDown(now: now.uptime), now)
    }

    /// Ends without waiting for anything. Unsettled work is left to the partitions' next owners.
    func abandon(_ error: KafkaError?, now: Moment) {
        guard !hasEnded else { return }
        self.error = error
        act(assignments.abandoned(), now)
    }

    /// Ends: the pod must not run with this intake.
    func refuseIntake(_ error: KafkaError, now: Moment) {
        logger.critical("the intake is refused", metadata: ["error": "\(error)"])
        abandon(error, now: now)
    }

    /// Publishes the state of the owners.
    func publishMetrics() {
        metrics.publish(owners.state)
    }

    /// Publishes how far the owners are behind the ends of their partitions.
    func measureLag(now: Uptime) {
        for owner in owners.all {
            guard let end = consumer.knownEnd(of: owner.partition) else { continue }
            metrics.lags(owner.partition, by: owner.lag.measure(next: owner.nextOffset, high: end, now: now))
        }
    }

    // MARK: A turn

    /// Takes records and events of the group, without waiting.
    ///
    /// - Parameter readClocks: reads the clocks once the records are there.
    /// - Returns: whether more is probably waiting.
    func poll(readClocks: () -> Moment) -> Bool {
        var events: [ConsumerEvent] = []
        let isMore = consumer.poll(maxRecords: 1_000) { record in
            batcher.read(record)
        } onEvent: { event in
            events.append(event)
        }
        let now = readClocks()
        let poll = batcher.take()
        for (partition, batch) in poll.batches {
            // Records of a partition that is being drained are read by its next owner.
            guard let owner = activeOwner(of: partition) else { continue }
            owners.requestsRead(batch, owner, now: now)
        }
        for partition in poll.changed {
            guard let owner = assignments.owner(of: partition) else { continue }
            logChanged(partition, owner, readUpTo: .max, "other records than before", now)
        }
        for event in events { handle(event, now) }
        return isMore
    }

    /// Continues with partitions that have drained or have waited long enough, and commits settled offsets.
    func timeReached(_ now: Moment) {
        for owner in owners.takeDrained() {
            let awaitsCommit = commits.isOutstanding(owner.partition)
            act(assignments.drained(owner.number, of: owner.partition, awaitsCommit: awaitsCommit), now)
        }
        act(assignments.timeReached(now.uptime), now)
        logs.goRound(now: now) {
            owners.all.filter { assignments.activeOwner(of: $0.partition) == $0.number }
        }
        commits.commit(now: now, atOnce: assignments.awaitsCommit) { partition in
            assignments.owner(of: partition).flatMap { owners[$0]?.generation }
        }
    }

    private func activeOwner(of partition: Int32) -> PartitionOwner? {
        assignments.activeOwner(of: partition).flatMap { owners[$0] }
    }

    // MARK: Events

    private func handle(_ event: ConsumerEvent, _ now: Moment) {
        switch event {
        case .assigned(let partitions):
            if assignments.isRunning { place.joined() }
            metrics.rebalanced(.assigned)
            guard !partitions.isEmpty else { return }
            logger.info("assigned", metadata: ["partitions": "\(partitions.sorted())"])
            act(assignments.assigned(partitions), now)
        case .revoked(let partitions):
            metrics.rebalanced(.revoked)
            logger.info("revoked", metadata: ["partitions": "\(partitions.sorted())"])
            act(assignments.revoked(partitions, now: now.uptime), now)
        case .lost(let partitions):
            place.left()
            metrics.rebalanced(.lost)
            logger.warning("lost", metadata: ["partitions": "\(partitions.sorted())"])
            act(assignments.lost(partitions), now)
        case .logDoubted(let partitions, let error):
            doubt(partitions, "\(error)", now)
        case .reachedEnd(let partition, let offset):
            guard let owner = activeOwner(of: partition) else { return }
            owners.intakeEndReached(owner, at: offset, now: now)
        case .committed(let error, let offsets):
            committed(error, offsets, now)
        case .error(let error):
            place.failed(error)
            // Errors from which librdkafka recovers by itself are in its own log lines as well.
            logger.log(level: error.isRetriable ? .debug : .warning, "Kafka consumer", metadata: ["error": "\(error)"])
        case .statistics(let statistics):
            consumerMetrics.publish(statistics)
        case .fatal(let error):
            logger.critical("Kafka consumer has ended", metadata: ["error": "\(error)"])
            abandon(error, now: now)
        }
    }

    private func committed(_ error: KafkaError?, _ offsets: [Int32: Int64], _ now: Moment) {
        let awaited = commits.awaited(offsets)
        if let error {
            commits.failed(offsets, error, now: now)
        } else {
            commits.succeeded(offsets)
        }
        for (partition, offset) in awaited {
            guard let owner = assignments.owner(of: partition).flatMap({ owners[$0] }) else { continue }
            if error == nil, owner.mayCommit { owner.note.committed = offset }
            if error?.isNormalDuringRebalance == true || !commits.isOutstanding(partition) {
                act(assignments.commitsEnded(partition), now)
            }
        }
    }

    // MARK: Acting

    func act(_ actions: [Assignments.Action], _ now: Moment) {
        // The progress of owners whose partitions are settled again.
        var known: [Int32: PartitionProgress] = [:]
        for action in actions {
            switch action {
            case .settle(let partitions, let assignment, let readUpTo):
                logs.settle(
                    LogWatch.Settlement(
                        partitions: partitions,
                        assignment: assignment,
                        readUpTo: readUpTo,
                        known: known.filter { partitions.contains($0.key) },
                        epoch: Int64(consumer.groupGeneration ?? -1)
                    )
                )
            case .begin(let number, let partition, let log):
                batcher.begin(partition, generation: log.generation, at: log.start)
                owners.begin(number, partition, log, now: now)
            case .assign(let starts): assign(starts, now)
            case .suspend(let number):
                guard let owner = owners[number] else { continue }
                batcher.end(owner.partition)
                owners.suspend(owner)
            case .look(let partitions, let doubt):
                let doubted = partitions.compactMap { assignments.owner(of: $0).flatMap { owners[$0] } }
                logs.look(at: doubted, doubt: doubt, now: now)
            case .resume(let number, let start):
                guard let owner = owners[number] else { continue }
                batcher.begin(owner.partition, generation: owner.generation, at: start)
                owners.resume(owner)
            case .stopCommitting(let number): if let owner = owners[number] { owners.stopCommitting(owner) }
            case .drain(let number): drain(number, now)
            case .letGo(let number, let ending, let wasInTime):
                guard let owner = owners[number] else { continue }
                if !wasInTime {
                    logger.warning("released with work in flight", metadata: ["partition": "\(owner.partition)"])
                }
                if case .settleAgain = ending {
                    known[owner.partition] = owners.progress(of: owner, now: now)
                } else {
                    owners.saveProgress(of: owner, now: now, atOnce: true)
                }
                end(owner)
            case .giveUp(let number): if let owner = owners[number] { end(owner) }
            case .release(let partitions): release(partitions)
            case .startAfresh: startAfresh(now)
            case .end: place.left()
            }
        }
    }

    private func assign(_ starts: [Int32: Int64], _ now: Moment) {
        do throws(KafkaError) {
            try consumer.assign(starts)
        } catch {
            // Otherwise nobody would read or own these partitions.
            logger.critical("partitions not taken over", metadata: ["error": "\(error)"])
            abandon(error, now: now)
        }
    }

    private func drain(_ number: UInt32, _ now: Moment) {
        guard let owner = owners[number] else { return }
        batcher.end(owner.partition)
        owners.drain(owner, now: now)
    }

    private func end(_ owner: PartitionOwner) {
        batcher.end(owner.partition)
        owners.end(owner)
        metrics.forget(owner.partition)
    }

    private func release(_ partitions: [Int32]) {
        logger.info("released", metadata: ["partitions": "\(partitions.sorted())"])
        do throws(KafkaError) {
            try consumer.completeRevocation(partitions)
        } catch {
            logger.warning("partitions not released", metadata: ["error": "\(error)"])
        }
    }
}
