extension Fault {
    /// The store fails, is slow, refuses, breaks off and does half.
    static let ofStore = [
        store("storeDown", .init(error: 1)), store("storeSlow", .init(delay: 0.4)),
        store("storeThrottled", .init(throttle: 0.7)), store("storeErrors", .init(error: 0.7)),
        store("storeDrops", .init(drop: 0.5)), store("storeUnprocessed", .init(unprocessed: 0.8)),
        store("storeHalved", .init(half: 0.6)),
    ]

    private static func store(_ name: String, _ faults: FaultyEndpoint.Faults) -> Fault {
        Fault(name) { strike in
            guard let endpoint = strike.world.endpoint else { throw Impatient(description: "no store that can fail") }
            try endpoint.set(faults)
            try await strike.elapse()
            try endpoint.set(FaultyEndpoint.Faults())
        }
    }
}
