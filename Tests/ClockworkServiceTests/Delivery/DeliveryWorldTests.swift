import Testing

/// The rules of `DeliveryQueues` in random worlds. A seed that fails replays exactly.
@Suite struct DeliveryWorldTests {
    @Test func `in random worlds nothing is lost, doubled, overtaken or beyond its share`() {
        var counts: [String: Int] = [:]
        for seed in 0..<100 as Range<UInt64> {
            var world = DeliveryWorld(seed: seed)
            world.live(steps: 400)
            #expect(world.findings == [], "seed \(seed)")
            counts.merge(world.counts, uniquingKeysWith: +)
            guard world.findings.isEmpty else { return }
        }
        // The worlds have seen what they are for.
        for event in ["retries", "owners ended", "produced alone", "failed unknownTopic", "given up by checks"] {
            #expect(counts[event, default: 0] > 100, "\(event): \(counts)")
        }
    }
}
