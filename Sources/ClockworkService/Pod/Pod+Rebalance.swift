internal import Kafka
internal import Logging
internal import Scheduling
internal import Synchronization

extension Pod {
    /// Takes an event of the consumer group.
    func handle(_ event: ConsumerEvent, _ now: Moment) {
        switch event {
        case .assigned(let partitions):
            if case .running = phase { joined.store(true, ordering: .relaxed) }
            metrics.rebalanced(.assigned)
            guard !partitions.isEmpty else { return }
            logger.info("assigned", metadata: ["partitions": "\(partitions.sorted())"])
            begin(partitions)
        case .revoked(let partitions):
            metrics.rebalanced(.revoked)
            logger.info("revoked", metadata: ["partitions": "\(partitions.sorted())"])
            for partition in partitions { revoke(partition, now) }
        case .lost(let partitions):
            joined.store(false, ordering: .relaxed)
            metrics.rebalanced(.lost)
            logger.warning("lost", metadata: ["partitions": "\(partitions.sorted())"])
            for partition in partitions {
                starting[partition] = nil
                if let owner = ownerOfPartition[partition] { letGo(owner) }
            }
            // What has not left yet is the next owners' to deliver, and would only repeat it.
            if owners.isEmpty { delivery.startAfresh(now: now) }
            endIfDrained()
        case .reachedEnd(let partition, _):
            guard let owner = ownerOfPartition[partition], owner.drainDeadline == nil else { return }
            step(owner, now) { $0.intakeEndReached(now.wall, &$1) }
        case .committed(let error, let offsets):
            committed(error, offsets, now)
        case .error(let error):
            // What librdkafka goes on from by itself is in its own log lines as well.
            logger.log(level: error.isRetriable ? .debug : .warning, "Kafka consumer", metadata: ["error": "\(error)"])
        case .statistics(let statistics):
            consumerMetrics.publish(statistics)
        case .fatal(let error):
            logger.critical("Kafka consumer has ended", metadata: ["error": "\(error)"])
            abandon(error)
        }
    }

    // MARK: Beginning

    private func begin(_ partitions: [Int32]) {
        guard case .running = phase else {
            // Leaving: the next rebalance gives them to somebody else.
            return
        }
        lastAssignment += 1
        let assignment = lastAssignment
        for partition in partitions { starting[partition] = assignment }
        start { [self] in
            while !Task.isCancelled {
                do throws(KafkaError) {
                    let offsets = try await consumer.offsets(of: partitions, timeout: Self.offsetsTimeout)
                    await own(offsets, assignment)
                    return
                } catch {
                    logger.warning("offsets not known yet", metadata: ["error": "\(error)"])
                    guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return }
                }
            }
        }
    }

    /// Begins to own those of the partitions that are still this assignment's: offsets found out for an earlier one
    /// say nothing of what another owner has done since.
    private func own(_ offsets: [Int32: PartitionOffsets], _ assignment: Int) {
        guard case .running = phase else { return }
        let now = look()
        let epoch = Int64(consumer.groupGeneration ?? -1)
        var starts: [Int32: Int64] = [:]
        for (partition, offsets) in offsets where starting[partition] == assignment {
            starting[partition] = nil
            let start = Self.start(offsets)
            starts[partition] = start
            lastOwnerNumber += 1
            let owner = PartitionOwner(
                number: lastOwnerNumber,
                partition: partition,
                epoch: epoch,
                ownership: Ownership(of: consumer),
                scheduler: PartitionScheduler(
                    partition: partition,
                    start: start,
                    end: offsets.high,
                    now: now.wall,
                    limits: settings.limits
                )
            )
            owner.confirmedOffset = offsets.committed
            owners[owner.number] = owner
            ownerOfPartition[partition] = owner
            delivery.begin(owner: owner.number)
            callbacks.begin(owner: owner.number)
            step(owner, now) { $0.timeReached(now.wall, &$1) }
        }
        do throws(KafkaError) {
            try consumer.assign(starts)
        } catch {
            // An assignment that stays unanswered would hold up the group, and these partitions would not be read.
            logger.critical("partitions not taken", metadata: ["error": "\(error)"])
            abandon(error)
        }
    }

    /// Behind the committed offset; from the log's beginning where nothing is committed, the log has lost it, or the
    /// topic was made anew.
    private static func start(_ offsets: PartitionOffsets) -> Int64 {
        guard let committed = offsets.committed, committed <= offsets.high else { return offsets.low }
        return max(committed, offsets.low)
    }

    // MARK: Ending

    private func revoke(_ partition: Int32, _ now: Moment) {
        starting[partition] = nil
        guard let owner = ownerOfPartition[partition] else { return release([partition]) }
        beginDrain(of: owner, now)
    }

    /// Has an owner finish what is in flight and begin nothing.
    func beginDrain(of owner: PartitionOwner, _ now: Moment) {
        guard owner.drainDeadline == nil else { return }
        owner.drainDeadline = now.uptime.advanced(byMilliseconds: Self.drainLimit)
        step(owner, now) { $0.drain(now.wall, &$1) }
        callbacks.drain(owner: owner.number, now: now.wall)
    }

    /// Lets go of owners that have drained and committed, or whose time is up.
    func finishDrains(_ now: Moment) {
        var finished: [Int32] = []
        for owner in Array(owners.values) {
            guard let deadline = owner.drainDeadline else { continue }
            let isDone = owner.isDrained && !commits.isOutstanding(owner.partition)
            guard isDone || now.uptime >= deadline else { continue }
            if !isDone {
                logger.warning("let go before all was done", metadata: ["partition": "\(owner.partition)"])
            }
            keepProgress(of: owner, now, atOnce: true)
            letGo(owner)
            finished.append(owner.partition)
        }
        guard !finished.isEmpty else { return }
        if case .running = phase { release(finished) }
        endIfDrained()
    }

    private func letGo(_ owner: PartitionOwner) {
        owner.ownership.end()
        count(owner.scheduler.counters)
        owners[owner.number] = nil
        ownerOfPartition[owner.partition] = nil
        commits.forget(owner.partition)
        delivery.end(owner: owner.number)
        metrics.forget(owner.partition)
        callbacks.end(owner: owner.number)
    }

    /// Ends the pod without waiting for anything. What is not settled is left to the partitions' next owners.
    func abandon(_ error: KafkaError?) {
        for owner in Array(owners.values) { letGo(owner) }
        end(error)
    }

    private func release(_ partitions: [Int32]) {
        logger.info("released", metadata: ["partitions": "\(partitions.sorted())"])
        do throws(KafkaError) {
            try consumer.completeRevocation(partitions)
        } catch {
            logger.warning("partitions not released", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Commits

    /// Commits what is settled; at once for partitions that are about to go.
    func commit(_ now: Moment) {
        guard !consumer.isJoining else { return commits.postpone(now: now.uptime) }
        let isUrgent = owners.values.contains { $0.isDrained && commits.isOutstanding($0.partition) }
        guard let offsets = commits.take(now: now.uptime, atOnce: isUrgent) else { return }
        do throws(KafkaError) {
            try consumer.commit(offsets)
        } catch {
            commits.failed(offsets, now: now.uptime)
            logger.warning("not committed", metadata: ["error": "\(error)"])
        }
    }

    /// A commit refused in a rebalance is normal: it is made again, or the next owner begins a little further back.
    private func committed(_ error: KafkaError?, _ offsets: [Int32: Int64], _ now: Moment) {
        guard let error else {
            commits.succeeded(offsets)
            for (partition, offset) in offsets { ownerOfPartition[partition]?.confirmedOffset = offset }
            return
        }
        commits.failed(offsets, now: now.uptime)
        if error.isNormalDuringRebalance {
            // Waiting for it would hold up the rebalance that refuses it, and with it every partition of this pod, for
            // librdkafka reads none while a revocation is unanswered. The next owner knows from the key records what
            // has been done.
            for partition in offsets.keys where ownerOfPartition[partition]?.isDrained == true {
                commits.forget(partition)
            }
        }
        let level: Logger.Level = error.isNormalDuringRebalance ? .debug : .warning
        logger.log(level: level, "not committed", metadata: ["error": "\(error)"])
    }
}
