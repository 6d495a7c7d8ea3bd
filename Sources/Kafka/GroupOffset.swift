/// A group's commit for a partition, made or to be made.
public struct GroupOffset: Sendable, Hashable {
    /// The offset to be read next.
    public var offset: Int64
    /// A text that the group keeps beside it. Brokers limit its length (4 KB unless set otherwise).
    public var metadata: String

    /// A group offset from its parts.
    public init(offset: Int64, metadata: String = "") {
        self.offset = offset
        self.metadata = metadata
    }
}
