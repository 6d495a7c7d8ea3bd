import Scheduling

/// An intake record that owns its bytes, and the decoder it is given to.
struct RecordFixture {
    var offset: Int64 = 42
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(name: [UInt8], value: [UInt8]?)] = []

    static let rules = RequestRules(
        maxPayloadBytes: 1_000,
        topicPolicy: TopicPolicy(intakeTopic: "schedule-create", deadLetterTopic: "schedule-dead-letters")
    )

    init(key: String? = "order", json: String?) {
        self.key = key.map { Array($0.utf8) }
        value = json.map { Array($0.utf8) }
    }

    init(key: String? = "order", payload: String?, headers: [(String, String?)]) {
        self.init(key: key, json: payload)
        self.headers = headers.map { (Array($0.0.utf8), $0.1.map { Array($0.utf8) }) }
    }

    /// Decodes with every piece in an allocation of its exact size, so that a memory checker sees a read past an end.
    func decode(rules: RequestRules = RecordFixture.rules) throws(Rejection) -> Request {
        var buffers: [UnsafeMutableRawBufferPointer] = []
        defer { for buffer in buffers { buffer.deallocate() } }
        func lend(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            buffer.copyBytes(from: bytes)
            buffers.append(buffer)
            return UnsafeRawBufferPointer(buffer)
        }
        let record = RecordView(
            offset: offset,
            key: key.map(lend),
            value: value.map(lend),
            headers: headers.map { HeaderView(name: lend($0.name), value: $0.value.map(lend)) }
        )
        return try RequestDecoder(rules: rules).decode(record)
    }

    /// The rejection, or `nil` when the record is accepted.
    func rejection(rules: RequestRules = RecordFixture.rules) -> Rejection? {
        do {
            _ = try decode(rules: rules)
            return nil
        } catch {
            return error
        }
    }

    /// The schedule of an accepted create.
    func schedule(rules: RequestRules = RecordFixture.rules) throws -> Schedule {
        switch try decode(rules: rules) {
        case .create(let schedule): return schedule
        case .cancel: throw UnexpectedCancel()
        }
    }

    struct UnexpectedCancel: Error {}
}

/// The members of a structured request as raw JSON, in order, to be changed one by one.
struct StructuredFixture {
    private var members: [(name: String, json: String)] = [
        ("clientId", #""client""#), ("scheduleKey", #""key""#), ("orderingKey", #""order""#),
        ("taskData", #""payload""#), ("delivery", #"{"topic":"out"}"#), ("scheduleTime", "1700000000000"),
    ]

    /// A valid create with some members replaced (or added), or left out where the JSON is `nil`.
    static func json(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        var fixture = StructuredFixture()
        for (name, json) in changes {
            let index = fixture.members.firstIndex { $0.name == name }
            switch (index, json) {
            case (let index?, let json?): fixture.members[index].json = json
            case (let index?, nil): fixture.members.remove(at: index)
            case (nil, let json?): fixture.members.append((name, json))
            case (nil, nil): break
            }
        }
        return "{" + fixture.members.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
    }
}

/// Lists "code field, field" of a rejection, or "accepted".
func outcome(_ rejection: Rejection?) -> String {
    guard let rejection else { return "accepted" }
    return ([rejection.code.rawValue] + rejection.errors.map(\.field)).joined(separator: " ")
}
