/// What a pending schedule has behind it that is not at its first attempt any more, or was put off before it. Immutable.
///
/// The schedule then stands in the timeline where its next attempt is due, with the offset of its create; what the
/// create asked for is kept here.
public final class Retry: Sendable {
    /// The schedule time of the create.
    public let scheduleTime: EpochMilliseconds
    /// The number of the attempt that comes next, or is being made, from 1.
    public let attempt: Int32
    /// Why the attempt before failed: one sentence without secrets, of at most `failureLimit` bytes. Empty when none has
    /// failed.
    public let failure: String

    /// The most bytes that are kept of a failure.
    public static let failureLimit = 512

    /// A retry from its parts. What is too long of a failure is cut off.
    public init(scheduleTime: EpochMilliseconds, attempt: Int32, failure: String) {
        self.scheduleTime = scheduleTime
        self.attempt = attempt
        self.failure = failure.utf8.count <= Self.failureLimit ? failure : Self.cut(failure)
    }
}

extension Retry {
    private static func cut(_ text: String) -> String {
        var end = text.utf8.index(text.startIndex, offsetBy: failureLimit)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}

extension Retry: Hashable {
    /// Equal when every part is.
    public static func == (left: Retry, right: Retry) -> Bool {
        left === right
            || left.scheduleTime == right.scheduleTime && left.attempt == right.attempt && left.failure == right.failure
    }

    /// Hashes every part.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(scheduleTime)
        hasher.combine(attempt)
        hasher.combine(failure)
    }
}
