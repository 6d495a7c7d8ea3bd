/// The history of a pending schedule that is past its first attempt, or was put off before it. Immutable.
///
/// Such a schedule is in the timeline at the due time of its next attempt, with the offset of its create. The create's
/// own values are kept here.
public final class Retry: Sendable {
    /// The schedule time of the create.
    public let scheduleTime: EpochMilliseconds
    /// The number of the attempt that is pending or in flight, from 1.
    public let attempt: Int32
    /// Why the previous attempt failed: one sentence without secrets, of at most `failureLimit` bytes. Empty when none
    /// has failed.
    public let failure: String

    /// The most bytes that are kept of a failure.
    public static let failureLimit = 512

    /// A retry from its parts. A failure that is too long is cut off.
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
