import Testing

/// The rules of `DeliveryQueues` in random worlds. A seed that fails replays exactly.
@Suite struct DeliveryWorldTests {
    @Test func `in random worlds nothing is lost, doubled, overtaken or beyond its share`() {
        var counts: [String: Int] = [:]
        for seed in 0..<80 as Range<UInt64> {
            var world = DeliveryWorld(seed: seed)
            world.live(steps: 600)
            #expect(world.findings == [], "seed \(seed)")
            counts.merge(world.counts, uniquingKeysWith: +)
            guard world.findings.isEmpty else { return }
        }
        // The worlds have seen what they are for.
        let events = [
            "retries", "recoveries", "owners ended", "produced alone", "failed unknownTopic", "failed deliveryRejected",
            "given up early", "given up late", "producer given up",
        ]
        for event in events {
            #expect(counts[event, default: 0] > 50, "\(event): \(counts)")
        }
    }
}
