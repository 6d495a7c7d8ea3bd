import ClockworkService
import Kafka

/// Whether requests wait in the intake that nobody takes.
///
/// Looked at twice: a pod that keeps up has some under way at any moment, but it commits several times a second. Of one
/// that settles nothing, since its dead letters are stuck for example, the commits stand still as well.
struct IntakeBacklog {
    let kafka: KafkaConfiguration
    let patience: Duration

    private static let subject = "backlog"
    /// The time between the two looks.
    private static let pause = Duration.seconds(2)

    func finding() async -> Finding {
        do throws(KafkaError) {
            let positions = try GroupPositions(
                topic: kafka.intakeTopic,
                group: kafka.consumerGroup,
                properties: KafkaProperties(kafka)
            )
            let first = try await positions.positions(timeout: patience)
            guard !Self.waiting(first).isEmpty, (try? await Task.sleep(for: Self.pause)) != nil else {
                return Self.finding(first, later: first)
            }
            return Self.finding(first, later: try await positions.positions(timeout: patience))
        } catch {
            return .warning(
                Self.subject,
                "\(error)",
                remedy: "see that every broker's advertised address can be reached from here"
            )
        }
    }

    /// What two looks at the group tell.
    static func finding(
        _ first: [Int32: GroupPositions.Position],
        later second: [Int32: GroupPositions.Position]
    ) -> Finding {
        let before = waiting(first)
        let after = waiting(second)
        let stuck = after.filter { before[$0.key] != nil && first[$0.key]?.committed == second[$0.key]?.committed }
        guard !stuck.isEmpty else {
            let count = after.values.reduce(0, +)
            return .good(subject, count == 0 ? "no request waits" : "\(count) requests wait, and are being taken")
        }
        let list = stuck.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        return .warning(
            subject,
            "requests wait and nobody takes them; most per partition: \(list)",
            remedy:
                "start a pod, or see what /health/ready of the pod says; an open transaction holds requests back, too"
        )
    }

    /// How many records each partition has that are not settled; only partitions that have some. Of a log that has been
    /// recreated the commit says nothing.
    private static func waiting(_ positions: [Int32: GroupPositions.Position]) -> [Int32: Int64] {
        positions.compactMapValues { position in
            guard let end = position.end else { return nil }
            let committed = position.committed?.offset ?? 0
            let count = committed <= end ? end - committed : end
            return count > 0 ? count : nil
        }
    }
}
