internal import CKafka
internal import Synchronization

/// Watches the traffic between a group member and its coordinator, and knows two things that librdkafka does not
/// report.
///
/// *Whether the member is joining* again: from its request to join until the group's new generation has given it its
/// part. A commit made in that time waits behind the join on the coordinator's connection. It names the previous
/// generation, so it is refused, and librdkafka before 2.10 then gives up the whole assignment as lost (librdkafka
/// #4059). So commits have to wait.
///
/// *Whether the session can have ended unnoticed.* When a process or its machine was stopped, it wakes up with its old
/// assignment, although the group may have given the partitions away long ago. The loss is reported some milliseconds
/// later at the earliest. But a coordinator keeps a member for the session timeout after it has heard from it. So the
/// partitions can have no other owner within that time, counted from when the last answered request was *sent*. The
/// clock continues while the machine sleeps.
///
/// The interceptors run on librdkafka's threads; the owner of the client keeps this object as long as the client.
final class GroupContact: Sendable {
    private let joining = Atomic(false)
    private let origin = ContinuousClock.now
    // When requests were sent, in nanoseconds after `origin`.
    /// The last one.
    private let lastSent = Atomic<Int64>(0)
    /// The last one that was answered. The content of the answer is not known here.
    private let lastAnswered = Atomic<Int64>(GroupContact.never)
    /// When that answer came.
    private let lastAnswer = Atomic<Int64>(GroupContact.never)
    /// The last one whose answer left the member in the group.
    private let lastConfirmed = Atomic<Int64>(GroupContact.never)
    /// In nanoseconds.
    private let session = Atomic<Int64>(0)

    private static let never = Int64.min / 2
    /// The time within which an answer is read and a loss that it reports is handed out, in nanoseconds: thousands of
    /// times what that takes.
    private static let readingTime: Int64 = 500_000_000

    /// Keys of the Kafka protocol.
    private static let joinGroup: Int16 = 11
    private static let heartbeat: Int16 = 12
    private static let syncGroup: Int16 = 14

    var isJoining: Bool { joining.load(ordering: .acquiring) }

    /// How long the coordinator keeps a member that it does not hear from.
    var sessionTimeout: Duration {
        get { .nanoseconds(session.load(ordering: .relaxed)) }
        set { session.store(Self.nanoseconds(newValue), ordering: .relaxed) }
    }

    /// Whether the coordinator still counts the member, as far as time can show.
    ///
    /// A joining member sends no heartbeats and is kept as long as it waits. While it does, only timely calls of this
    /// property show that it has not been stopped. So ask a few times within each session timeout.
    var isWithinSession: Bool {
        let now = Self.nanoseconds(.now - origin)
        if now >= lastAnswer.load(ordering: .acquiring) + Self.readingTime { confirmAnswer() }
        guard now < lastConfirmed.load(ordering: .acquiring) + session.load(ordering: .relaxed) else { return false }
        if isJoining { confirm(now) }
        return true
    }

    /// The last answer has left the member in the group: for one, it gave the member its part.
    func confirmAnswer() {
        confirm(lastAnswered.load(ordering: .acquiring))
    }

    private func confirm(_ time: Int64) {
        _ = lastConfirmed.max(time, ordering: .acquiringAndReleasing)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    // MARK: Interceptors

    /// Makes the client of this configuration report its requests.
    func register(in conf: OpaquePointer) {
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        rd_kafka_conf_interceptor_add_on_new(
            conf,
            Self.name,
            { client, _, opaque, _, _ in
                let sent = rd_kafka_interceptor_add_on_request_sent(
                    client,
                    GroupContact.name,
                    { _, _, _, _, key, _, _, _, opaque in
                        GroupContact.from(opaque)?.sent(key)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    opaque
                )
                guard sent == RD_KAFKA_RESP_ERR_NO_ERROR else { return sent }
                return rd_kafka_interceptor_add_on_response_received(
                    client,
                    GroupContact.name,
                    { _, _, _, _, key, _, _, _, _, error, opaque in
                        GroupContact.from(opaque)?.answered(key, error)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    opaque
                )
            },
            opaque
        )
    }

    private static let name = "clockwork-group"

    private static func from(_ opaque: UnsafeMutableRawPointer?) -> GroupContact? {
        opaque.map { Unmanaged<GroupContact>.fromOpaque($0).takeUnretainedValue() }
    }

    private func sent(_ key: Int16) {
        switch key {
        case Self.joinGroup: joining.store(true, ordering: .releasing)
        // Only members that have joined send one.
        case Self.heartbeat: joining.store(false, ordering: .releasing)
        case Self.syncGroup: break
        default: return
        }
        // The previous answer has been read by now. Had it turned the member away, the loss would have been handed out
        // before the member sends anything again.
        confirmAnswer()
        lastSent.store(Self.nanoseconds(.now - origin), ordering: .releasing)
    }

    private func answered(_ key: Int16, _ error: rd_kafka_resp_err_t) {
        guard [Self.joinGroup, Self.heartbeat, Self.syncGroup].contains(key) else { return }
        // Not at the answer to the join: another thread takes over its generation a little later.
        if key == Self.syncGroup { joining.store(false, ordering: .releasing) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        lastAnswer.store(Self.nanoseconds(.now - origin), ordering: .releasing)
        lastAnswered.store(lastSent.load(ordering: .acquiring), ordering: .releasing)
    }
}
