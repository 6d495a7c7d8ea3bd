import Foundation
import Kafka
import TestSupport

/// Something that goes wrong in a world for a while.
enum Fault: String, CaseIterable {
    // Pods.
    case kill, terminate, freeze, scale, roll
    // Brokers.
    case allBrokersDown, oneBrokerDown, brokersSlow, coordinatorMoves, leadersMove, requestErrors, groupErrors
    // The store.
    case storeDown, storeSlow, storeThrottled, storeErrors, storeDrops, storeUnprocessed, storeHalved
    // The host.
    case diskFull, clockForward, clockBack

    static let ofPods: [Fault] = [.kill, .terminate, .freeze, .scale, .roll]
    static let ofBrokers: [Fault] = [
        .allBrokersDown, .oneBrokerDown, .brokersSlow, .coordinatorMoves, .leadersMove, .requestErrors, .groupErrors,
    ]
    static let ofStore: [Fault] = [
        .storeDown, .storeSlow, .storeThrottled, .storeErrors, .storeDrops, .storeUnprocessed, .storeHalved,
    ]

    /// What may be delivered twice. Only what is in flight when the fault strikes, or at any time in it and a little after:
    /// where memberships are lost, and where connections break, since the local brokers do not tell a repeated write.
    private enum Repeats {
        case none
        case atTheStart
        case throughout
    }

    private var repeats: Repeats {
        switch self {
        case .kill, .freeze: .atTheStart
        case .allBrokersDown, .oneBrokerDown, .coordinatorMoves, .requestErrors, .groupErrors: .throughout
        // The threads of the Kafka client wait for times of the wall clock, and so may miss their heartbeats.
        case .clockForward, .clockBack: .throughout
        case .terminate, .scale, .roll, .brokersSlow, .leadersMove, .storeDown, .storeSlow, .storeThrottled,
            .storeErrors, .storeDrops, .storeUnprocessed, .storeHalved, .diskFull:
            .none
        }
    }

    /// How long after a fault the group may still be on its way back to rest, milliseconds.
    private static let recoveryTime: Int64 = 15_000
    /// How much later than the fault a pod may have been hit, milliseconds.
    private static let aim: Int64 = 200

    /// Lets it happen for about so long, and waits until the world is as before.
    func strike(_ world: World, for length: Duration, _ random: inout SeededRandom) async throws -> Incident {
        var incident = Incident(name: rawValue, begin: nowMilliseconds(), end: 0)
        switch self {
        case .kill, .terminate, .freeze, .scale, .roll:
            incident.note = try await strikePods(world, length, &random)
        case .allBrokersDown, .oneBrokerDown, .brokersSlow, .coordinatorMoves, .leadersMove, .requestErrors,
            .groupErrors:
            guard let kafka = world.cluster.local else { throw Impatient(description: "\(self) needs a local cluster") }
            try await strikeBrokers(kafka, world, length, &random)
        case .storeDown, .storeSlow, .storeThrottled, .storeErrors, .storeDrops, .storeUnprocessed, .storeHalved:
            guard let endpoint = world.endpoint else { throw Impatient(description: "\(self) needs a faulty store") }
            try endpoint.set(storeFaults)
            try await Task.sleep(for: length)
            try endpoint.set(FaultyEndpoint.Faults())
        case .diskFull:
            guard let disk = world.disk else { throw Impatient(description: "\(self) needs a disk") }
            try disk.fill()
            try await Task.sleep(for: length)
            disk.empty()
        case .clockForward, .clockBack:
            guard let clock = world.clock else { throw Impatient(description: "\(self) needs a clock") }
            try clock.set(aheadBy: self == .clockForward ? 30_000 : -30_000)
            try await Task.sleep(for: length)
            try clock.set(aheadBy: 0)
        }
        incident.end = nowMilliseconds()
        switch repeats {
        case .none: break
        case .atTheStart: incident.mayRepeatUntil = incident.begin + Self.aim
        case .throughout: incident.mayRepeatUntil = incident.end + Self.recoveryTime
        }
        world.noteMemory()
        return incident
    }

    private var storeFaults: FaultyEndpoint.Faults {
        switch self {
        case .storeSlow: .init(delay: 0.4)
        case .storeThrottled: .init(throttle: 0.7)
        case .storeErrors: .init(error: 0.7)
        case .storeDrops: .init(drop: 0.5)
        case .storeUnprocessed: .init(unprocessed: 0.8)
        case .storeHalved: .init(half: 0.6)
        default: .init(error: 1)
        }
    }

    // MARK: Pods

    private func strikePods(
        _ world: World,
        _ length: Duration,
        _ random: inout SeededRandom
    ) async throws -> String {
        switch self {
        case .kill:
            let pod = world.pods.randomElement(using: &random)!
            world.removePod(pod)
            pod.process.send(SIGKILL)
            try await pod.process.waitForExit()
            try world.addPod()
        case .terminate:
            try await Self.terminate(world.pods.randomElement(using: &random)!, world)
            try world.addPod()
        case .freeze:
            let pod = world.pods.randomElement(using: &random)!
            pod.process.send(SIGSTOP)
            try await Task.sleep(for: length)
            pod.process.send(SIGCONT)
        case .scale:
            let count = world.pods.count
            while world.pods.count < 5 { try world.addPod() }
            try await world.waitForOwners()
            for pod in world.pods.prefix(5 - max(2, count)) { try await Self.terminate(pod, world) }
        default:
            for pod in world.pods {
                try await Self.terminate(pod, world)
                try world.addPod()
                try await world.waitForOwners()
            }
        }
        try await world.waitForOwners()
        return "\(world.pods.count) pods after it"
    }

    /// Ends a pod in order, within the contract's time.
    private static func terminate(_ pod: PodProcess, _ world: World) async throws {
        let start = ContinuousClock.now
        world.removePod(pod)
        pod.process.send(SIGTERM)
        let exit = try await pod.process.waitForExit()
        let duration = ContinuousClock.now - start
        if exit != .code(0) || duration > .seconds(10) {
            world.report("\(pod.name) was told to end and did with \(exit) after \(duration)")
        }
    }

    // MARK: Brokers

    private func strikeBrokers(
        _ kafka: LocalKafka,
        _ world: World,
        _ length: Duration,
        _ random: inout SeededRandom
    ) async throws {
        let end = ContinuousClock.now + length
        func broker() -> Int32 { Int32.random(in: 1...Int32(kafka.brokerCount), using: &random) }
        switch self {
        case .allBrokersDown:
            try kafka.takeDown()
            try await Task.sleep(for: length)
            try kafka.bringUp()
        case .oneBrokerDown:
            let broker = broker()
            try kafka.takeDown(broker: broker)
            try await Task.sleep(for: length)
            try kafka.bringUp(broker: broker)
        case .brokersSlow:
            try kafka.setRoundTrip(.milliseconds(300))
            try await Task.sleep(for: length)
            try kafka.setRoundTrip(.zero)
        case .coordinatorMoves:
            while ContinuousClock.now < end {
                try kafka.setCoordinator(ofGroup: world.cluster.group, broker: broker())
                try await Task.sleep(for: .milliseconds(500))
            }
        case .leadersMove:
            while ContinuousClock.now < end {
                for (topic, partitions) in world.cluster.allTopics {
                    for partition in 0..<Int32(partitions) {
                        let leader = random.oneIn(4) ? nil : broker()
                        try kafka.setLeader(ofTopic: topic, partition: partition, broker: leader)
                    }
                }
                try await Task.sleep(for: .milliseconds(500))
            }
            for (topic, partitions) in world.cluster.allTopics {
                for partition in 0..<Int32(partitions) {
                    try kafka.setLeader(ofTopic: topic, partition: partition, broker: broker())
                }
            }
        case .requestErrors:
            try await inject(Self.codesOfRequests, into: kafka, until: end, &random)
        default:
            try await inject(Self.codesOfTheGroup, into: kafka, until: end, &random)
        }
    }

    /// Kafka's error codes: 3 unknown topic, 5 leader not available, 6 not leader, 7 timed out, 13 network exception,
    /// 14 coordinator loading, 15 coordinator not available, 16 not coordinator, 19 and 20 not enough replicas,
    /// 56 storage error.
    private static let codesOfRequests: [LocalKafka.Request: [Int32]] = [
        .produce: [5, 6, 7, 13, 19, 20, 56],
        .fetch: [3, 5, 6, 7, 56],
        .listOffsets: [5, 6],
        .offsetCommit: [14, 15, 16],
        .offsetFetch: [14, 16],
        .findCoordinator: [15],
        .metadata: [5],
    ]

    /// 14 to 16 as above, 22 illegal generation, 25 unknown member, 27 rebalance in progress.
    private static let codesOfTheGroup: [LocalKafka.Request: [Int32]] = [
        .heartbeat: [14, 15, 16, 22, 25, 27],
        .offsetCommit: [16, 22, 25, 27],
        .joinGroup: [14, 16, 25],
        .syncGroup: [16, 22, 25, 27],
    ]

    private func inject(
        _ errors: [LocalKafka.Request: [Int32]],
        into kafka: LocalKafka,
        until end: ContinuousClock.Instant,
        _ random: inout SeededRandom
    ) async throws {
        let kinds = errors.keys.sorted { $0.rawValue < $1.rawValue }
        while ContinuousClock.now < end {
            let kind = kinds.randomElement(using: &random)!
            kafka.failNext(kind, codes: [errors[kind]!.randomElement(using: &random)!, 0])
            try await Task.sleep(for: .milliseconds(100))
        }
        for kind in kinds { kafka.clearFailures(of: kind) }
    }
}
