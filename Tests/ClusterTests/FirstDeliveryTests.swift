import Foundation
import Kafka
import Testing

extension LocalCluster {
    /// What a delivery does not wait for, although it is the first for its topic: a fetch, a look at the topic, a
    /// connection. With the fetch wait of a real consumer, and a round trip that shows each question.
    @Suite(.timeLimit(.minutes(15)), .enabled(if: TestCluster.realBrokers == nil))
    struct FirstDeliveryTests {
        /// That of neighbours, where a wait for a fetch shows, and one where each question shows.
        private static let roundTrips = [20, 100]
        /// More than the difference between two deliveries, and less than one question at the longer round trip.
        private static let tolerance: Int64 = 90
        /// The idle time before the second hundred. CLOCKWORK_IDLE_SECONDS sets another, such as 600.
        private static let idleSeconds =
            ProcessInfo.processInfo.environment["CLOCKWORK_IDLE_SECONDS"].flatMap { Int64($0) } ?? 40

        /// Requests with 20 ms between their times, one after the other.
        private static func requests(_ name: String, _ count: Int, _ topic: String, from start: Int64) -> [TestRequest]
        {
            (0..<count).map { number in
                TestRequest("\(name)-\(number)", topic: topic, time: start + Int64(number) * 20, payload: name)
            }
        }

        /// How late each delivery arrived, in the order of their times.
        private static func lateness(_ requests: [TestRequest], _ records: [ReadRecord]) -> [Int64] {
            let times = Dictionary(uniqueKeysWithValues: requests.map { ($0.key, $0.time) })
            return records.filter { $0.header("clockwork-schedule-key").map { times[$0] != nil } ?? false }
                .map { ($0.header("clockwork-schedule-time").flatMap { Int64($0) } ?? 0, $0.arrival) }
                .sorted { $0 < $1 }.map { $1 - $0 }
        }

        private static func median(_ values: some Collection<Int64>) -> Int64 { values.sorted()[values.count / 2] }

        @Test(
            arguments: roundTrips
        )
        func `a first delivery, or one after idleness, is no later than the hundredth`(roundTrip: Int) async throws {
            try await TestCluster.with(.sqlite, topics: ["orders": 3, "payments": 3]) { cluster in
                let kafka = try #require(cluster.longPoll)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                kafka.setRoundTrip(.milliseconds(roundTrip))
                kafka.forgetIdleConnections(after: .seconds(28))

                var verifier = Verifier(intake: cluster.intake)
                // The first ever.
                let first = Self.requests("first", 100, "orders", from: nowMilliseconds() + 5_000)
                try await cluster.source.send(first, &verifier)
                // So many at one time, to a topic that had none before either.
                let burst = (0..<2_000).map {
                    TestRequest("burst-\($0)", topic: "payments", time: first[0].time, payload: "x")
                }
                try await cluster.source.send(burst, &verifier)
                // The first ones after the brokers have closed every connection.
                let afterIdle = Self.requests("idle", 100, "orders", from: nowMilliseconds() + Self.idleSeconds * 1_000)
                try await cluster.source.send(afterIdle, &verifier)
                try await wait("the first hundred") {
                    Self.lateness(first, try cluster.deliveries.records()).count == first.count
                }
                kafka.closeConnections()
                try await sleep(untilMilliseconds: afterIdle[0].time)
                let records = try await cluster.allDeliveries(verifier)

                for (name, requests) in [("ever", first), ("after idle connections were closed", afterIdle)] {
                    let lateness = Self.lateness(requests, records)
                    let usual = Self.median(lateness[50...])
                    print(
                        "first delivery \(name), round trip \(roundTrip) ms: \(lateness[0]) ms late; "
                            + "the second to the fifth \(lateness[1..<5]); of the last fifty the median \(usual) ms"
                    )
                    #expect(lateness[0] <= usual + Self.tolerance, "first \(name): \(lateness)")
                }
                let ofBurst = Self.lateness(burst, records).sorted()
                print(
                    "burst of 2,000, round trip \(roundTrip) ms: the first \(ofBurst[0]) ms late, "
                        + "the median \(Self.median(ofBurst)), the last \(ofBurst[1_999])"
                )
                // No more than one answer of the round trip: the record itself needs none.
                #expect(ofBurst[0] <= Self.tolerance)
                #expect(pod.process.exit == nil)
            }
        }
    }
}
