public import Kafka

/// Offsets of the intake as the scheduler sees them, which never go back, although a partition's log may end and
/// another one of the same name begin at offset 0. Only this type maps between them and Kafka's own offsets.
///
/// A log offset is `generation × 10^15 + Kafka's offset`, so offsets from before there were generations belong to
/// generation 0. At a million records a second, 10^15 lasts a partition thirty years.
public struct LogOffset: Hashable, Sendable {
    /// Which log of its partition: 0 for the first.
    public var generation: Int64
    /// Kafka's own offset in it.
    public var offset: Int64

    /// The most records that one log can have.
    private static let span: Int64 = 1_000_000_000_000_000

    /// The generations whose log offsets are 64-bit integers.
    public static let generations: ClosedRange<Int64> = 0...9_222

    /// An offset of a log; `generation` is one of `generations`.
    public init(generation: Int64, offset: Int64) {
        self.generation = generation
        self.offset = offset
    }

    /// The two parts of a scheduler's offset.
    public init(scheduling value: Int64) {
        generation = value / Self.span
        offset = value % Self.span
    }

    /// The offset that a group has committed, with the log that the commit's text names.
    public init(commit: GroupOffset) {
        self.init(generation: CommitMetadata.generation(of: commit.metadata), offset: commit.offset)
    }

    /// The scheduler's form of this offset.
    public var scheduling: Int64 { generation * Self.span + offset }
}
