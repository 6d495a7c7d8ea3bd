/// Sends requests and knows them; one user at a time.
actor Ledger {
    private(set) var verifier: Verifier
    private var traffic: Traffic
    private var isStopped = false
    /// How many more are to be sent for one moment.
    private var wanted = 0

    init(_ cluster: TestCluster, callbacks: [String], seed: UInt64) {
        verifier = Verifier(intake: cluster.intake)
        traffic = Traffic(cluster, callbacks: callbacks, seed: seed)
    }

    func allow(clocksAhead: Int64 = 0, readWithin: Int64) {
        verifier.clocksAhead = clocksAhead
        verifier.readWithin = readWithin
    }

    /// Sends so many, due in so many milliseconds.
    func send(_ number: Int, due: Range<Int64>) async throws {
        // Copies, since an actor may be asked something while it waits.
        var traffic = traffic
        var verifier = verifier
        try await traffic.send(number, due: due, &verifier)
        self.traffic = traffic
        self.verifier = verifier
    }

    /// Sends `number` every 200 ms until it is stopped, one in five of them for a time far off.
    func keepSending(_ number: Int, due: Range<Int64>, far: Range<Int64>) async throws {
        var round = 0
        while !isStopped {
            round += 1
            try await send(number, due: round.isMultiple(of: 5) ? far : due)
            if wanted > 0 {
                try await send(wanted, due: due.lowerBound..<(due.lowerBound + 1))
                wanted = 0
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Has so many sent that are all due at one moment, soon.
    func sendAtOnce(_ number: Int) {
        wanted += number
    }

    func stop() {
        isStopped = true
    }
}
