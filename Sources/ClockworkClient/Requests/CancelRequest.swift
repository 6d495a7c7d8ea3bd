internal import Bytes

/// A request to take back the pending schedule of a key.
///
/// This is a value. Creating one checks nothing; ``validate()`` does.
public struct CancelRequest: Hashable, Sendable {
    /// The client that the key belongs to, 1 to 128 bytes of UTF-8.
    public var clientID: String
    /// The client's key of the schedule, 1 to 512 bytes of UTF-8.
    public var scheduleKey: String
    /// The ordering key of the create, 1 to 1024 bytes of UTF-8. Over HTTP it may be `nil`, and the service looks it
    /// up. A record for the intake topic must have it as its key, because it chooses the partition.
    public var orderingKey: String?

    /// A request from its parts.
    public init(clientID: String, scheduleKey: String, orderingKey: String? = nil) {
        self.clientID = clientID
        self.scheduleKey = scheduleKey
        self.orderingKey = orderingKey
    }

    /// The structured form, with the action. It is the value of a record for the intake topic, and the ordering key is
    /// the key of that record.
    public var json: [UInt8] {
        JSONWriter.object { json in
            json.member("action", "cancel")
            writeKeys(to: &json)
        }
    }

    /// The body of `DELETE /schedule`.
    var body: [UInt8] {
        JSONWriter.object { json in
            writeKeys(to: &json)
        }
    }

    /// Checks every rule.
    ///
    /// - Throws: all errors, not only the first.
    public func validate() throws(InvalidRequest) {
        try InvalidRequest.check(json, isCancel: true)
    }

    private func writeKeys(to json: inout JSONWriter) {
        json.member("clientId", clientID)
        json.member("scheduleKey", scheduleKey)
        json.member("orderingKey", orderingKey)
    }
}
