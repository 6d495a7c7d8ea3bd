import ArgumentParser
import ClockworkService
import Logging
import ScheduleStores
import Scheduling

extension Bench {
    /// `clockwork bench fill`.
    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fills a SQLite store with pending schedules of one partition.",
            discussion: """
                Written by way of the store itself, as a pod would have; no Kafka is needed. A pod on the same file \
                then starts with so much pending: see scripts/bench-pending.sh.
                """
        )

        @Option(help: "The file, made if it is missing; no pod may have it open.")
        var path: String

        @Option(help: "The number of schedules.")
        var count = 1_000_000

        @Option(help: "The intake partition they belong to.")
        var partition: Int32 = 0

        @Option(help: "The topic they are delivered to.")
        var topic: String

        @Option(help: "The bytes of each payload.")
        var payload = 200

        @Option(help: "How long from the end of filling the first is due.", transform: Self.duration)
        var firstIn: Duration = .seconds(20)

        @Option(help: "Over how long they are spread evenly; 0ms puts all on one instant.", transform: Self.duration)
        var over: Duration = .seconds(86_400)

        func run() async throws {
            let logger = Logger(label: "clockwork")
            let store = try SQLiteScheduleStore(path: path, logger: logger, now: WallClock.now)
            defer { store.close() }
            // Filling itself takes some seconds for a million.
            let allowance = Duration.milliseconds(Int64(count) / 25)
            let first = WallClock.now().advanced(byMilliseconds: (firstIn + allowance).wholeMilliseconds)
            var next = 0
            while next < count {
                let batch = (next..<min(next + 1_000, count)).map { change($0, first: first) }
                try await store.apply(batch, partition: partition)
                next += batch.count
            }
            let last = time(of: count - 1, first: first)
            print("\(count) schedules, due from \(RFC3339.format(first)) to \(RFC3339.format(last))")
        }

        private func time(of number: Int, first: EpochMilliseconds) -> EpochMilliseconds {
            first.advanced(byMilliseconds: over.wholeMilliseconds * Int64(number) / Int64(max(count, 1)))
        }

        private func change(_ number: Int, first: EpochMilliseconds) -> KeyChange {
            let schedule = Schedule(
                key: ScheduleKey(clientID: "bench", scheduleKey: "schedule-\(number)"),
                position: Position(time: time(of: number, first: first), offset: Int64(number)),
                orderingKey: "key-\(number % 1_000)",
                target: .topic(topic),
                payload: Array(repeating: UInt8(ascii: "x"), count: payload),
                headers: RecordHeaders()
            )
            let record = KeyRecord(
                state: .latest,
                partition: partition,
                position: schedule.position,
                requestOffset: schedule.position.offset,
                orderingKey: schedule.orderingKey,
                target: schedule.target
            )
            return KeyChange(key: schedule.key, put: schedule, record: record)
        }

        private static func duration(_ text: String) throws -> Duration {
            guard let duration = DurationText.parse(text) else {
                throw ValidationError("A duration is a number and a unit, such as 90s: ms, s, m, h or d.")
            }
            return duration
        }
    }
}
