internal import CKafka
internal import Synchronization

/// Watches what goes between a group member and its coordinator, and knows two things that librdkafka tells nobody.
///
/// *Whether the member is joining* (anew): from the time its request to join has gone to the coordinator until the
/// group's new generation has given it its part. A commit that is made in that time waits behind the join on the
/// coordinator's connection, names the generation before, and is refused; and for that librdkafka before 2.10 gives up
/// the whole assignment as lost (librdkafka #4059). So commits have to wait.
///
/// *Whether the session can have ended unnoticed.* A process that was stopped, or whose machine was, wakes up with its
/// assignment as it left it, while the group may have given the partitions away long ago; that is told some
/// milliseconds later at the earliest. But a coordinator keeps a member for the session timeout after it has heard of
/// it, so within that time of when the last request that it answered was *sent*, the partitions can have no other
/// owner. The clock is one that goes on while the machine sleeps.
///
/// The interceptors run on librdkafka's threads; whoever owns the client keeps this object as long as the client.
final class GroupContact: Sendable {
    private let joining = Atomic(false)
    private let origin = ContinuousClock.now
    // When requests were sent, in nanoseconds after `origin`.
    /// The last one.
    private let lastSent = Atomic<Int64>(0)
    /// The last one that was answered. What the answer says is not known here.
    private let lastAnswered = Atomic<Int64>(GroupContact.never)
    /// When that answer came.
    private let lastAnswer = Atomic<Int64>(GroupContact.never)
    /// The last one that was answered with the member remaining one.
    private let lastConfirmed = Atomic<Int64>(GroupContact.never)
    /// In nanoseconds.
    private let session = Atomic<Int64>(0)

    private static let never = Int64.min / 2
    /// Within what time an answer is read and a loss that it tells is handed out, in nanoseconds: thousands of times
    /// what it takes.
    private static let readingTime: Int64 = 500_000_000

    /// Keys of the Kafka protocol.
    private static let joinGroup: Int16 = 11
    private static let heartbeat: Int16 = 12
    private static let syncGroup: Int16 = 14

    var isJoining: Bool { joining.load(ordering: .acquiring) }

    /// How long the coordinator keeps a member that it does not hear of.
    var sessionTimeout: Duration {
        get { .nanoseconds(session.load(ordering: .relaxed)) }
        set { session.store(Self.nanoseconds(newValue), ordering: .relaxed) }
    }

    /// Whether the coordinator still counts the member as one, as far as time can tell.
    ///
    /// A member that joins sends no heartbeats and is kept as long as it waits: while it does, being asked in time is
    /// what shows that it has not been stopped. So ask a few times within each session timeout.
    var isWithinSession: Bool {
        let now = Self.nanoseconds(.now - origin)
        if now >= lastAnswer.load(ordering: .acquiring) + Self.readingTime { confirmAnswer() }
        guard now < lastConfirmed.load(ordering: .acquiring) + session.load(ordering: .relaxed) else { return false }
        if isJoining { confirm(now) }
        return true
    }

    /// The last answer has left the member one: it brought it its part of the group, for one.
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

    /// Has the client that is made of this configuration tell of its requests.
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
        // The answer before has been read by now, and a member that it had turned away would have told so: before it
        // sends anything again the loss has been handed out.
        confirmAnswer()
        lastSent.store(Self.nanoseconds(.now - origin), ordering: .releasing)
    }

    private func answered(_ key: Int16, _ error: rd_kafka_resp_err_t) {
        guard [Self.joinGroup, Self.heartbeat, Self.syncGroup].contains(key) else { return }
        // Not the answer to the join: the generation it brings is taken over by another thread, a little later.
        if key == Self.syncGroup { joining.store(false, ordering: .releasing) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        lastAnswer.store(Self.nanoseconds(.now - origin), ordering: .releasing)
        lastAnswered.store(lastSent.load(ordering: .acquiring), ordering: .releasing)
    }
}
