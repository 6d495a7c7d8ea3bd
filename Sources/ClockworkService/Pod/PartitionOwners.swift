internal import Kafka
internal import Logging
internal import Runtime
internal import Scheduling
internal import Tracing

/// The owners of a pod's partitions: gives events to their schedulers and carries out their effects.
///
/// Used on the pod's event loop only. `Assignments` decides which partitions have owners.
final class PartitionOwners {
    private let podName: String
    private let limits: SchedulerLimits
    private let consumer: KafkaConsumer
    private let channels: PodChannels
    private let stores: StoreRunner
    private let commits: GroupCommits
    private let inbox: PodInbox
    private let tracer: BatchTracer?
    private let logger: Logger

    private var owners: [UInt32: PartitionOwner] = [:]
    private var drained: [PartitionOwner] = []
    /// The counts of owners that are gone.
    private var counted = SchedulerCounters()

    init(
        settings: PodSettings,
        consumer: KafkaConsumer,
        channels: PodChannels,
        stores: StoreRunner,
        commits: GroupCommits,
        inbox: PodInbox,
        tracer: BatchTracer?,
        logger: Logger
    ) {
        podName = settings.name
        limits = settings.limits
        self.consumer = consumer
        self.channels = channels
        self.stores = stores
        self.commits = commits
        self.inbox = inbox
        self.tracer = tracer
        self.logger = logger
    }

    // MARK: What an observer may ask

    /// The owner with this number, if it is still there.
    subscript(number: UInt32) -> PartitionOwner? { owners[number] }

    var all: some Collection<PartitionOwner> { owners.values }

    var isEmpty: Bool { owners.isEmpty }

    /// The counts over all partitions, including owners that are gone.
    var counters: SchedulerCounters {
        owners.values.reduce(into: counted) { $0.add($1.scheduler.counters) }
    }

    /// The state of all owners, added up.
    var state: PodMetrics.OwnerState {
        var state = PodMetrics.OwnerState()
        state.counters = counters
        state.owned = owners.count
        for owner in owners.values {
            state.paused += owner.scheduler.isPaused ? 1 : 0
            state.resident += owner.scheduler.residentCount
            state.unsettled += owner.scheduler.unsettledCount
            state.inFlight += owner.scheduler.deliveriesInFlight
            state.bytes += owner.scheduler.bytesInMemory
        }
        return state
    }

    /// The owners that have drained since the last call.
    func takeDrained() -> [PartitionOwner] {
        defer { drained = [] }
        return drained
    }

    /// When `advance` has something to do, apart from the wall clock.
    var wakeAt: Uptime? {
        owners.values.flatMap { [$0.patienceEnd, $0.steersAt] }.compactMap { $0 }.min()
    }

    // MARK: Owners

    /// An owner begins to work on a log.
    func begin(_ number: UInt32, _ partition: Int32, _ log: LogSettlement, now: Moment) {
        let owner = PartitionOwner(
            number: number,
            partition: partition,
            log: log,
            epoch: Int64(consumer.groupGeneration ?? -1),
            ownership: Ownership(of: consumer),
            limits: limits,
            now: now
        )
        owners[number] = owner
        channels.begin(owner: number)
        step(owner, now) { $0.timeReached(now.wall, &$1) }
    }

    /// An owner finishes everything in flight and begins nothing; `takeDrained` names it then.
    func drain(_ owner: PartitionOwner, now: Moment) {
        channels.drain(owner: owner.number, now: now)
        step(owner, now) { $0.drain(now.wall, &$1) }
    }

    /// An owner reads and commits nothing for now.
    func suspend(_ owner: PartitionOwner) {
        owner.suspend()
        commits.forget(owner.partition)
        do throws(KafkaError) {
            try consumer.pause([owner.partition])
        } catch {
            // Records that are still read are dropped: the batcher has ended the log.
            logger.debug("intake not paused", metadata: ["partition": "\(owner.partition)", "error": "\(error)"])
        }
    }

    /// An owner reads and commits again.
    func resume(_ owner: PartitionOwner) {
        if let offset = owner.resume() { commits.want(owner.partition, offset) }
    }

    /// An owner commits nothing any more.
    func stopCommitting(_ owner: PartitionOwner) {
        owner.stopCommitting()
        commits.forget(owner.partition)
    }

    /// An owner is gone; answers to its calls find nobody.
    func end(_ owner: PartitionOwner) {
        owner.ownership.end()
        counted.add(owner.scheduler.counters)
        owners[owner.number] = nil
        commits.forget(owner.partition)
        channels.end(owner: owner.number)
    }

    /// The progress of an owner, for a progress record.
    func progress(of owner: PartitionOwner, now: Moment) -> PartitionProgress {
        owner.progress(podName: podName, now: now)
    }

    /// Writes the progress record of an owner, when it is due and something has changed; `atOnce` when the owner ends.
    func saveProgress(of owner: PartitionOwner, now: Moment, atOnce: Bool) {
        // If the pod is not sure of its place, the partition may have another owner, and the record is that owner's.
        guard atOnce || now.isSure else { return }
        let record = progress(of: owner, now: now)
        guard owner.note.take(record, now: now.uptime, atOnce: atOnce) else { return }
        stores.save(record, ownership: atOnce ? nil : owner.ownership)
    }

    // MARK: Events

    /// An owner's next records.
    func requestsRead(_ batch: RequestBatcher.Batch, _ owner: PartitionOwner, now: Moment) {
        let span = tracer?.intake(batch.items, partition: owner.partition)
        defer { span?.end() }
        if let mark = batch.mark { owner.note.read(mark) }
        step(owner, now) { $0.requestsRead(batch.items, now: now.wall, &$1) }
        for case .request(.create(let schedule)) in batch.items where owner.isResident(schedule.position) {
            channels.expect(schedule, now: now)
        }
        for record in batch.rejected { channels.topics.deadLetter(record, of: owner.sender, now: now) }
    }

    /// The end of an owner's partition: every record below this offset, Kafka's own, has been read.
    func intakeEndReached(_ owner: PartitionOwner, at offset: Int64, now: Moment) {
        let end = LogOffset(generation: owner.generation, offset: offset).scheduling
        step(owner, now) { $0.intakeEndReached(end, now: now.wall, &$1) }
        owner.lag.endReached(at: offset)
    }

    /// Does everything that is due.
    func advance(now: Moment) {
        for owner in owners.values {
            if let time = owner.scheduler.wakeAt, time <= now.wall {
                step(owner, now) { $0.timeReached(now.wall, &$1) }
            }
            if owner.takeDelayedCatchUp(now: now.uptime) {
                step(owner, now) { $0.catchUpDelayed(now.wall, &$1) }
            }
            for id in owner.takeDelayedLookUps(now: now.uptime) {
                step(owner, now) { $0.lookUpDelayed(id, now: now.wall, &$1) }
            }
            steer(owner, now)
            saveProgress(of: owner, now: now, atOnce: false)
        }
    }

    /// The outcomes of deliveries.
    func take(_ outcome: DeliveryOutcome, now: Moment) {
        report(outcome.delivered, now) { $0.delivered($1, now: now.wall, &$2) }
        report(outcome.failed, now) { $0.deliveryFailed($1, now: now.wall, &$2) }
        report(outcome.putOff, now) { $0.deliveriesPutOff($1, now: now.wall, &$2) }
        report(outcome.deadLettered, now) { $0.deliveryDeadLettered($1, now: now.wall, &$2) }
        report(outcome.rejectionsDeadLettered, now) { scheduler, offsets, effects in
            for offset in offsets { scheduler.requestDeadLettered(offset, now: now.wall, &effects) }
        }
    }

    /// Gives owners their news; owners that are gone miss nothing.
    private func report<News>(
        _ news: [UInt32: News],
        _ now: Moment,
        _ event: (inout PartitionScheduler, News, inout Effects) -> Void
    ) {
        for (number, news) in news {
            guard let owner = owners[number] else { continue }
            step(owner, now) { event(&$0, news, &$1) }
        }
    }

    /// The store has answered an owner.
    func storeAnswered(_ number: UInt32, _ answer: StoreRunner.Answer, now: Moment) {
        guard let owner = owners[number] else { return }
        defer {
            if case .pageLoaded(let page) = answer {
                for item in page.items { channels.expect(item.schedule, now: now) }
            }
        }
        step(owner, now) { scheduler, effects in
            switch answer {
            case .changesStored(let id): scheduler.changesStored(id, now: now.wall, &effects)
            case .keysLookedUp(let id, let answers):
                owner.endLookUp(id)
                scheduler.keysLookedUp(id, answers, now: now.wall, &effects)
            case .pageLoaded(let page): scheduler.pageLoaded(page, now: now.wall, &effects)
            }
        }
    }

    // MARK: Effects

    private func step(
        _ owner: PartitionOwner,
        _ now: Moment,
        _ event: (inout PartitionScheduler, inout Effects) -> Void
    ) {
        var effects = Effects()
        let wasRunning = owner.scheduler.isRunning
        event(&owner.scheduler, &effects)
        perform(effects, owner, now)
        if !wasRunning, owner.scheduler.isRunning {
            logger.info(
                "firing",
                metadata: ["partition": "\(owner.partition)", "resident": "\(owner.scheduler.residentCount)"]
            )
        }
    }

    private func perform(_ effects: Effects, _ owner: PartitionOwner, _ now: Moment) {
        if !effects.deliver.isEmpty {
            let span = tracer?.delivery(effects.deliver, partition: owner.partition)
            for delivery in effects.deliver { channels.send(delivery, of: owner.sender, now: now) }
            span?.end()
        }
        for failed in effects.deadLetter { channels.topics.deadLetter(failed, of: owner.sender, now: now) }
        if !effects.store.isEmpty || !effects.lookUp.isEmpty || effects.loadPage != nil {
            stores.begin(
                effects,
                for: StoreRunner.Caller(
                    owner: owner.number,
                    partition: owner.partition,
                    ownership: owner.ownership,
                    deliver: { [inbox] number, answer in inbox.post { $0.storeAnswered(number, answer) } }
                )
            )
        }
        for call in effects.lookUp { owner.beginLookUp(call.id, now: now.uptime) }
        if let offset = effects.commit.map({ LogOffset(scheduling: $0).offset }) {
            owner.settled(below: offset)
            if owner.mayCommit { commits.want(owner.partition, offset) }
        }
        if let intake = effects.intake {
            owner.steer(intake)
            steer(owner, now)
        }
        if effects.drained { drained.append(owner) }
    }

    /// Makes the consumer pause or resume reading, and asks until it does.
    private func steer(_ owner: PartitionOwner, _ now: Moment) {
        guard let intake = owner.unsteered, let time = owner.steersAt, time <= now.uptime else { return }
        do throws(KafkaError) {
            switch intake {
            case .pause: try consumer.pause([owner.partition])
            case .resume: try consumer.resume([owner.partition])
            }
            owner.steered(successfully: true, now: now.uptime)
        } catch {
            owner.steered(successfully: false, now: now.uptime)
            logger.warning("intake not switched", metadata: ["partition": "\(owner.partition)", "error": "\(error)"])
        }
    }
}
