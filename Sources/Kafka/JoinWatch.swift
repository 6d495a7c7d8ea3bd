internal import CKafka
internal import Synchronization

/// Knows whether a group member is joining (anew): from the time its request to join has gone to the coordinator until
/// the group's new generation has given it its part.
///
/// librdkafka tells nobody else. But a commit that is made in that time waits behind the join on the coordinator's
/// connection, names the generation before, and is refused; and for that librdkafka before 2.10 gives up the whole
/// assignment as lost (librdkafka #4059). So commits have to wait.
///
/// The interceptors run on librdkafka's threads; whoever owns the client keeps this object as long as the client.
final class JoinWatch: Sendable {
    private let joining = Atomic(false)

    /// Keys of the Kafka protocol.
    private static let joinGroup: Int16 = 11
    private static let heartbeat: Int16 = 12
    private static let syncGroup: Int16 = 14

    var isJoining: Bool { joining.load(ordering: .acquiring) }

    /// Has the client that is made of this configuration tell of its requests.
    func register(in conf: OpaquePointer) {
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        rd_kafka_conf_interceptor_add_on_new(
            conf,
            Self.name,
            { client, _, opaque, _, _ in
                let sent = rd_kafka_interceptor_add_on_request_sent(
                    client,
                    JoinWatch.name,
                    { _, _, _, _, key, _, _, _, opaque in
                        JoinWatch.from(opaque)?.sent(key)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    opaque
                )
                guard sent == RD_KAFKA_RESP_ERR_NO_ERROR else { return sent }
                return rd_kafka_interceptor_add_on_response_received(
                    client,
                    JoinWatch.name,
                    { _, _, _, _, key, _, _, _, _, _, opaque in
                        JoinWatch.from(opaque)?.answered(key)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    opaque
                )
            },
            opaque
        )
    }

    private static let name = "clockwork-joins"

    private static func from(_ opaque: UnsafeMutableRawPointer?) -> JoinWatch? {
        opaque.map { Unmanaged<JoinWatch>.fromOpaque($0).takeUnretainedValue() }
    }

    private func sent(_ key: Int16) {
        switch key {
        case Self.joinGroup: joining.store(true, ordering: .releasing)
        // Only members that have joined send one.
        case Self.heartbeat: joining.store(false, ordering: .releasing)
        default: break
        }
    }

    private func answered(_ key: Int16) {
        // Not the answer to the join: the generation it brings is taken over by another thread, a little later.
        if key == Self.syncGroup { joining.store(false, ordering: .releasing) }
    }
}
