import FuzzSupport
import Scheduling

/// An intake record of made-up parts.
struct FuzzedRecord {
    struct Header {
        var name: [UInt8]
        var value: [UInt8]?

        var isReserved: Bool { name.starts(with: "clockwork-".utf8) }
    }

    var key: [UInt8]?
    var headers: [Header]
    var value: [UInt8]?

    static let decoder = RequestDecoder(
        rules: RequestRules(
            maxPayloadBytes: 1_000,
            topicPolicy: TopicPolicy(intakeTopic: "intake", deadLetterTopic: "dead", allow: [])
        )
    )

    /// The names that mean something, so that an input need not spell them.
    private static let names = [
        "clockwork-action", "clockwork-schedule-time", "clockwork-client-id", "clockwork-schedule-key",
        "clockwork-delivery-topic", "clockwork-delivery-url", "clockwork-ordering-key", "clockwork-",
    ].map { Array($0.utf8) }

    /// Up to 16 headers: a byte for the name, either one of the known or 255 and then the name itself, and the value.
    static func takeHeaders(_ input: inout FuzzInput) -> [Header] {
        (0..<(input.takeByte() & 15)).map { _ in
            let number = Int(input.takeByte())
            let name = number < names.count ? names[number] : input.takeShort()
            return Header(name: name, value: input.takeShortOrNull())
        }
    }

    /// What the decoder makes of it; `nil` where it is rejected.
    func decode() -> Request? {
        let key = ExactBytes(key)
        let value = ExactBytes(value)
        let parts = headers.map { (ExactBytes($0.name), ExactBytes($0.value)) }
        return withExtendedLifetime((key, value, parts)) {
            let view = RecordView(
                offset: 7,
                key: key.view,
                value: value.view,
                headers: parts.compactMap { name, value in
                    name.view.map { HeaderView(name: $0, value: value.view) }
                }
            )
            do throws(Rejection) {
                return try Self.decoder.decode(view)
            } catch {
                Self.check(error)
                return nil
            }
        }
    }

    /// A rejection tells why, and does not carry the request around.
    static func check(_ rejection: Rejection) {
        require(!rejection.detail.isEmpty, "a rejection says why")
        require(rejection.detail.utf8.count < 4_096, "a rejection is short: \(rejection.detail.utf8.count) bytes")
        require(rejection.code == .invalidJSON || !rejection.errors.isEmpty, "a rejection names a field")
    }

    /// The carried headers are all that are not Clockwork's own, unchanged and in order.
    func checkCarried(_ carried: RecordHeaders) {
        var expected = headers.filter { !$0.isReserved }[...]
        carried.forEach { name, value in
            guard let header = expected.popFirst() else { fatalError("a header that was not in the request") }
            require(header.name.elementsEqual(name), "a header keeps its name")
            require(header.value == value.map { Array($0) }, "a header keeps its value")
        }
        require(expected.isEmpty, "every header is carried")
        require(RecordHeaders(packed: carried.packed) == carried, "packed headers can be read again")
    }
}
