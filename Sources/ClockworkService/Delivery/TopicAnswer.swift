/// What the brokers say of a topic when they are asked.
enum TopicAnswer: Equatable {
    /// It exists and has so many partitions.
    case exists(partitions: Int)
    /// It does not exist.
    case isMissing
    /// Nothing, in time.
    case none
}
