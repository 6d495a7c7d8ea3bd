internal import Kafka
internal import Logging
internal import Runtime
internal import Scheduling

/// The destinations of a pod's deliveries: its two channels, treated alike, and their slow tasks.
///
/// Used on the pod's event loop only.
final class PodChannels {
    let topics: TopicChannel
    private let callbacks: any DeliveryChannel
    private let tasks: TaskRunner
    private let inbox: PodInbox
    private let logger: Logger

    /// How long the brokers may take over a topic check. One may begin as late as the end of a drain.
    private static let topicCheckTimeout = Duration.seconds(2)

    init(
        topics: TopicChannel,
        callbacks: any DeliveryChannel,
        tasks: TaskRunner,
        inbox: PodInbox,
        logger: Logger
    ) {
        self.topics = topics
        self.callbacks = callbacks
        self.tasks = tasks
        self.inbox = inbox
        self.logger = logger
    }

    private var all: [any DeliveryChannel] { [callbacks, topics] }

    func begin(owner: UInt32) {
        for channel in all { channel.begin(owner: owner) }
    }

    func drain(owner: UInt32, now: Moment) {
        for channel in all { channel.drain(owner: owner, now: now) }
    }

    func end(owner: UInt32) {
        for channel in all { channel.end(owner: owner) }
    }

    /// Hands a due schedule to the channel of its target.
    func send(_ delivery: Delivery, of sender: Sender, now: Moment) {
        switch delivery.schedule.target {
        case .topic: topics.send(delivery, of: sender, now: now)
        case .callback: callbacks.send(delivery, of: sender, now: now)
        }
    }

    /// Prepares for a schedule that is in memory and will be due.
    func expect(_ schedule: Schedule, now: Moment) {
        topics.expect(schedule, now: now)
    }

    /// The outcomes of deliveries, one for each channel that has any.
    func collect() {
        for channel in all { channel.collect() }
    }

    func takeOutcomes(now: Moment) -> [DeliveryOutcome] {
        all.map { $0.takeOutcome(now: now) }.filter { !$0.isEmpty }
    }

    /// When `takeOutcomes` has something to do without anything arriving.
    var wakeAt: Uptime? { all.compactMap(\.wakeAt).min() }

    func publishMetrics() {
        for channel in all { channel.publishMetrics() }
    }

    func close() {
        for channel in all { channel.close() }
    }

    // MARK: What takes time

    /// Starts the topic checks that are wanted.
    func startTasks(now: Moment) {
        topics.connectExpected(now: now)
        for check in topics.takeWantedChecks(now: now) { make(check) }
    }

    private func make(_ check: TopicCheck) {
        tasks.start { [inbox, logger] in
            var answer = TopicAnswer.none
            do throws(KafkaError) {
                answer = try await check.ask(timeout: Self.topicCheckTimeout)
            } catch {
                logger.warning("topic not checked", metadata: ["topic": "\(check.topic)", "error": "\(error)"])
            }
            inbox.post { [answer] in $0.topicChecked(check.topic, answer) }
        }
    }
}
