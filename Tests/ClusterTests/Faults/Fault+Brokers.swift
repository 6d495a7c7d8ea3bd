import Kafka
import KafkaFaults
import TestSupport

extension Fault {
    /// Brokers that fail, are slow, move and refuse, whoever asks.
    static let ofBrokers = [
        allBrokersDown, oneBrokerDown, brokersSlow, coordinatorMoves, coordinatorLoads, leadersMove, requestErrors,
        groupErrors,
    ]

    static let allBrokersDown = Fault("allBrokersDown", repeats: .throughout) { strike in
        let kafka = try strike.world.kafka
        try kafka.takeDown()
        try await strike.elapse()
        try kafka.bringUp()
    }

    static let oneBrokerDown = Fault("oneBrokerDown", repeats: .throughout) { strike in
        let kafka = try strike.world.kafka
        let broker = broker(of: kafka, &strike.random)
        try kafka.takeDown(broker: broker)
        try await strike.elapse()
        try kafka.bringUp(broker: broker)
    }

    static let brokersSlow = Fault("brokersSlow") { strike in
        let kafka = try strike.world.kafka
        try kafka.setRoundTrip(.milliseconds(300))
        try await strike.elapse()
        try kafka.setRoundTrip(.zero)
    }

    static let coordinatorMoves = Fault("coordinatorMoves", repeats: .throughout) { strike in
        let kafka = try strike.world.kafka
        while ContinuousClock.now < strike.end {
            try kafka.setCoordinator(
                ofGroup: strike.world.cluster.group,
                broker: broker(of: kafka, &strike.random)
            )
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// 14: the coordinator loads what it has to know of the group.
    static let coordinatorLoads = Fault("coordinatorLoads", repeats: .throughout) { strike in
        let kafka = try strike.world.kafka
        let kinds: [LocalKafka.Request] = [.heartbeat, .joinGroup, .syncGroup, .offsetCommit, .offsetFetch]
        for kind in kinds { kafka.failNext(kind, codes: Array(repeating: 14, count: 10_000)) }
        try await strike.elapse()
        for kind in kinds { kafka.clearFailures(of: kind) }
    }

    static let leadersMove = Fault("leadersMove") { strike in
        let kafka = try strike.world.kafka
        func moveLeaders(_ mayBeMissing: Bool) throws {
            for (topic, partitions) in strike.world.cluster.allTopics {
                for partition in 0..<Int32(partitions) {
                    let leader = mayBeMissing && strike.random.oneIn(4) ? nil : broker(of: kafka, &strike.random)
                    try kafka.setLeader(ofTopic: topic, partition: partition, broker: leader)
                }
            }
        }
        while ContinuousClock.now < strike.end {
            try moveLeaders(true)
            try await Task.sleep(for: .milliseconds(500))
        }
        try moveLeaders(false)
    }

    static let requestErrors = Fault("requestErrors", repeats: .throughout) { strike in
        try await inject(codesOfRequests, &strike)
    }

    static let groupErrors = Fault("groupErrors", repeats: .throughout) { strike in
        try await inject(codesOfTheGroup, &strike)
    }

    private static func broker(of kafka: LocalKafka, _ random: inout SeededRandom) -> Int32 {
        Int32.random(in: 1...Int32(kafka.brokerCount), using: &random)
    }

    /// Kafka's error codes: 3 unknown topic, 5 leader not available, 6 not leader, 7 timed out,
    /// 14 coordinator loading, 15 coordinator not available, 16 not coordinator, 19 and 20 not enough replicas,
    /// 56 storage error.
    private static let codesOfRequests: [LocalKafka.Request: [Int32]] = [
        .produce: [5, 6, 7, 19, 20, 56],
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

    private static func inject(_ errors: [LocalKafka.Request: [Int32]], _ strike: inout Strike) async throws {
        let kafka = try strike.world.kafka
        let kinds = errors.keys.sorted { $0.rawValue < $1.rawValue }
        while ContinuousClock.now < strike.end {
            let kind = kinds.randomElement(using: &strike.random)!
            kafka.failNext(kind, codes: [errors[kind]!.randomElement(using: &strike.random)!, 0])
            try await Task.sleep(for: .milliseconds(100))
        }
        for kind in kinds { kafka.clearFailures(of: kind) }
    }
}
