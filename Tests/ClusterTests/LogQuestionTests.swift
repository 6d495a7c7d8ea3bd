import Kafka
import Testing

extension LocalCluster {
    /// Questions about the intake's log, which an assignment waits for.
    @Suite(.timeLimit(.minutes(2)), .enabled(if: TestCluster.realBrokers == nil))
    struct LogQuestionTests {
        @Test
        func `a question about the log waits for no earlier fetch, whatever wait is configured`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let kafka = try #require(cluster.longPoll)
                let due = nowMilliseconds() + 3_600_000
                let records = (0..<30).map { TestRequest("far-\($0)", topic: "orders", time: due, payload: "x").record }
                let places = try await cluster.source.send(records)
                let reader = LogReader(
                    topic: cluster.intake,
                    properties: ["bootstrap.servers": kafka.bootstrapServers, "fetch.wait.max.ms": "5000"]
                )
                // The last record of each partition: the fetch behind it finds nothing.
                var last: [Int32: Int64] = [:]
                for place in places { last[place.partition] = max(last[place.partition] ?? 0, place.offset) }
                for _ in 0..<5 {
                    let begin = ContinuousClock.now
                    let logs = try await reader.logs(of: last.mapValues { .record(at: $0) }, timeout: .seconds(10))
                    let time = ContinuousClock.now - begin
                    for (partition, log) in logs { #expect(try log.get().record != nil, "partition \(partition)") }
                    #expect(time < .seconds(2))
                }
            }
        }
    }
}
