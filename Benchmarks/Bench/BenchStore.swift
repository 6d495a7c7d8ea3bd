import Logging
import ScheduleStores
import Scheduling

/// A SQLite file with pending schedules, written by way of the store itself, as a pod would have.
struct BenchStore {
    let path: String
    /// How many schedules, spread evenly over 24 hours from `begin` on and over the partitions.
    let count: Int
    let partitions: Int32
    let topic: String
    let payloadBytes: Int
    let begin: EpochMilliseconds

    private static let span: Int64 = 86_400_000
    private static let batch = 1_000

    /// Writes them.
    func fill() async throws {
        let store = try SQLiteScheduleStore(
            path: path,
            logger: Logger(label: "bench"),
            now: { EpochMilliseconds(rawValue: BenchCollector.microseconds() / 1_000) }
        )
        defer { store.close() }
        // No digits: the collector passes over what is delivered of them.
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: payloadBytes)
        for partition in 0..<partitions {
            var numbers = stride(from: Int(partition), to: count, by: Int(partitions)).makeIterator()
            while true {
                var changes: [KeyChange] = []
                while changes.count < Self.batch, let number = numbers.next() {
                    changes.append(change(number, partition: partition, payload: payload))
                }
                if changes.isEmpty { break }
                try await store.apply(changes, partition: partition)
            }
        }
    }

    private func change(_ number: Int, partition: Int32, payload: [UInt8]) -> KeyChange {
        let time = begin.advanced(byMilliseconds: Self.span * Int64(number) / Int64(count))
        let schedule = Schedule(
            key: ScheduleKey(clientID: "bench", scheduleKey: "pending-\(number)"),
            position: Position(time: time, offset: Int64(number)),
            orderingKey: "pending-\(number % 1_000)",
            target: .topic(topic),
            payload: payload,
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
}
