/// The brokers' answer to a question about a topic.
enum TopicAnswer: Equatable {
    /// It exists, with this many partitions.
    case exists(partitions: Int)
    /// It does not exist.
    case isMissing
    /// No answer in time.
    case none
}
