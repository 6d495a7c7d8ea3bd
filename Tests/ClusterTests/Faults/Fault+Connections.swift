extension Fault {
    /// What becomes of connections and messages between pods and brokers.
    static let ofConnections = [
        connectionsClosed, connectionsForgotten, idleConnectionsForgotten, fetchesGarbled, roundTripGrows,
    ]

    /// All of them, again and again.
    static let connectionsClosed = Fault("connectionsClosed", repeats: .throughout) { strike in
        let kafka = try strike.world.longPoll
        while ContinuousClock.now < strike.end {
            kafka.closeConnections()
            try await Task.sleep(for: .milliseconds(Int.random(in: 200..<1_000, using: &strike.random)))
        }
    }

    /// All of them, also those in use, at one time. It lasts until the pods have given up what gets no answer, one question
    /// after the other.
    static let connectionsForgotten = Fault(
        "connectionsForgotten",
        repeats: .throughout,
        holdsUpReading: true
    ) { strike in
        try strike.world.longPoll.forgetConnections()
        try await strike.elapse()
        try await strike.world.waitUntilOnTime()
        try await strike.world.waitForOwners()
    }

    /// Those that have not been used for a second, as a firewall does after a longer time.
    static let idleConnectionsForgotten = Fault("idleConnectionsForgotten", repeats: .throughout) { strike in
        let kafka = try strike.world.longPoll
        while ContinuousClock.now < strike.end {
            kafka.forgetConnections(idleFor: .seconds(1))
            try await Task.sleep(for: .milliseconds(200))
        }
        try await strike.world.waitUntilOnTime()
    }

    static let fetchesGarbled = Fault("fetchesGarbled") { strike in
        let kafka = try strike.world.longPoll
        kafka.garbleFetches(true)
        try await strike.elapse()
        kafka.garbleFetches(false)
    }

    /// Up to half a second, for the pods alone.
    static let roundTripGrows = Fault("roundTripGrows") { strike in
        let kafka = try strike.world.longPoll
        for step in 1...10 {
            kafka.setRoundTrip(.milliseconds(50 * step))
            try await Task.sleep(for: strike.length / 10)
        }
        kafka.setRoundTrip(LongPollKafka.usualRoundTrip)
    }
}
