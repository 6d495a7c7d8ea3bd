import Foundation

extension Fault {
    /// What the host of a pod with a file of its own has to offer: a disk that is full, a clock that is stepped.
    static let ofHost = (SmallDisk.isPossible ? [diskFull] : []) + (SteppedClock.isPossible ? ofClock : [])

    /// The clock is half a minute ahead, and behind.
    static let ofClock = [clock("clockForward", aheadBy: 30_000), clock("clockBack", aheadBy: -30_000)]

    static let diskFull = Fault("diskFull") { strike in
        guard let disk = strike.world.disk else { throw Impatient(description: "no disk that can be full") }
        try disk.fill()
        try await strike.elapse()
        disk.empty()
    }

    /// The threads of the Kafka client wait for times of the wall clock, and so may miss their heartbeats.
    private static func clock(_ name: String, aheadBy milliseconds: Int64) -> Fault {
        Fault(name, repeats: .throughout) { strike in
            guard let clock = strike.world.clock else { throw Impatient(description: "no clock that can be stepped") }
            try clock.set(aheadBy: milliseconds)
            try await strike.elapse()
            try clock.set(aheadBy: 0)
        }
    }

    /// In the place of a pod there is one whose log nobody reads, though it has a lot to say.
    static let logUnread = Fault("logUnread") { strike in
        let world = strike.world
        try await world.terminate(world.pods.randomElement(using: &strike.random)!)
        let port = try LocalSocket.freePort()
        let pod = try world.startPod(
            // Its log would tell the port.
            PodProcess.talkative.merging(["APP_PORT": "\(port)"]) { $1 },
            errors: .unread
        )
        try await APIClient.with(connections: 1) { client in
            try await wait("a pod whose log nobody reads to have partitions, and to drop lines") {
                guard let metrics = try? await client.metrics(port: Int(port)) else { return false }
                return metrics.has("clockwork_intake_lag_records")
                    && metrics.value(#"clockwork_log_lines_lost_total{reason="dropped"}"#) ?? 0 > 0
            }
        }
        try await Task.sleep(for: strike.length)
        try await world.terminate(pod)
        try world.addPod()
        try await world.waitForOwners()
    }
}
