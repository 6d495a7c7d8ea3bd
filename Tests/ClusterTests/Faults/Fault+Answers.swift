extension Fault {
    /// What brokers answer to producers of pods alone, and what passes again.
    static let ofAnswers = [
        recordsNotLeader, recordsUnknownTopic, recordsCorrupt, recordsUnauthorized, batchesInvalid, producersRefused,
    ]

    /// 6: the broker does not lead the partition any more.
    static let recordsNotLeader = Fault("recordsNotLeader") { try await refuse(.ofRecords(6), &$0) }

    /// 3: there is no such topic, or partition.
    static let recordsUnknownTopic = Fault("recordsUnknownTopic") { try await refuse(.ofRecords(3), &$0) }

    /// 2: the records have arrived otherwise than they were sent.
    static let recordsCorrupt = Fault("recordsCorrupt") { try await refuse(.ofRecords(2), &$0) }

    /// 29: this client may not write to the topic.
    static let recordsUnauthorized = Fault("recordsUnauthorized") { try await refuse(.ofRecords(29), &$0) }

    /// 87: a record is not valid. Said of every batch of more than one, and of no record by itself.
    static let batchesInvalid = Fault("batchesInvalid", lengths: 5_000..<7_000) { strike in
        await strike.world.ledger.sendAtOnce(100)
        try await refuse(.ofBatches(87), &strike)
    }

    /// 31: this client may not do that. A pod that comes in the place of another one meets it.
    static let producersRefused = Fault("producersRefused") { strike in
        let world = strike.world
        let kafka = try world.longPoll
        kafka.refuse(.ofProducers(31))
        try await world.terminate(world.pods.randomElement(using: &strike.random)!)
        try world.addPod()
        try await strike.elapse()
        kafka.refuse(nil)
        try await world.waitForOwners()
    }

    private static func refuse(_ refusal: Refusal, _ strike: inout Strike) async throws {
        let kafka = try strike.world.longPoll
        kafka.refuse(refusal)
        try await strike.elapse()
        kafka.refuse(nil)
    }
}
