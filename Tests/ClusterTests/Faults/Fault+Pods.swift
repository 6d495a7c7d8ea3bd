import Foundation

extension Fault {
    /// Pods that end, are ended, freeze, come and go.
    static let ofPods = [kill, terminate, freeze, scale, roll]

    static let kill = Fault("kill", repeats: .atTheStart) { strike in
        let world = strike.world
        let pod = world.pods.randomElement(using: &strike.random)!
        world.removePod(pod)
        pod.process.send(SIGKILL)
        try await pod.process.waitForExit()
        try world.addPod()
        try await rest(&strike)
    }

    static let terminate = Fault("terminate") { strike in
        let world = strike.world
        try await world.terminate(world.pods.randomElement(using: &strike.random)!)
        try world.addPod()
        try await rest(&strike)
    }

    static let freeze = Fault("freeze", repeats: .atTheStart, lengths: 5_000..<12_000) { strike in
        let pod = strike.world.pods.randomElement(using: &strike.random)!
        pod.process.send(SIGSTOP)
        try await strike.elapse()
        pod.process.send(SIGCONT)
        try await rest(&strike)
    }

    static let scale = Fault("scale") { strike in
        let world = strike.world
        let count = world.pods.count
        while world.pods.count < 5 { try world.addPod() }
        try await world.waitForOwners()
        for pod in world.pods.prefix(5 - max(2, count)) { try await world.terminate(pod) }
        try await rest(&strike)
    }

    static let roll = Fault("roll") { strike in
        let world = strike.world
        for pod in world.pods {
            try await world.terminate(pod)
            try world.addPod()
            try await world.waitForOwners()
        }
        try await rest(&strike)
    }

    private static func rest(_ strike: inout Strike) async throws {
        try await strike.world.waitForOwners()
        strike.note = "\(strike.world.pods.count) pods after it"
    }
}
