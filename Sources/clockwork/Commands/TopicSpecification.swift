import ArgumentParser
import Bytes
import ClockworkService

/// A topic to be created in the local cluster, written `NAME` or `NAME:PARTITIONS`.
struct TopicSpecification: ExpressibleByArgument, Equatable {
    /// What a topic gets that is named without a number. Each partition of the local cluster keeps 5 MB.
    static let defaultPartitions = 8

    let name: String
    let partitions: Int

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, TopicName.isLegal(parts[0]) else { return nil }
        name = parts[0]
        guard parts.count == 2 else {
            partitions = Self.defaultPartitions
            return
        }
        guard let count = Int(parts[1]), (1...1_000).contains(count) else { return nil }
        partitions = count
    }
}

/// The topics of the local cluster.
struct TopicOptions: ParsableArguments {
    @Option(
        name: .customLong("topic"),
        help: ArgumentHelp(
            "A topic to create. May be repeated. (default partitions: \(TopicSpecification.defaultPartitions))",
            valueName: "name[:partitions]"
        )
    )
    var topics: [TopicSpecification] = []

    /// The number of partitions by name, together with Clockwork's own two topics.
    func topics(intake: String, deadLetters: String) -> [String: Int] {
        var all = [intake: TopicSpecification.defaultPartitions, deadLetters: 1]
        for topic in topics { all[topic.name] = topic.partitions }
        return all
    }
}
