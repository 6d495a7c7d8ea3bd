internal import Bytes

/// The place of a request in the intake topic. All in-sync replicas have the request, so it can no longer be lost.
public struct Receipt: Hashable, Sendable {
    /// The client that the key belongs to.
    public let clientID: String
    /// The client's key.
    public let scheduleKey: String
    /// The requested time, in epoch milliseconds; `nil` for a cancel.
    public let scheduleTimeMilliseconds: Int64?
    /// The intake partition.
    public let partition: Int32
    /// The offset in that partition.
    public let offset: Int64

    init?(_ json: JSONValue) {
        guard let clientID = json["clientId"]?.text, let scheduleKey = json["scheduleKey"]?.text,
            let partition = json["partition"]?.integer.flatMap({ Int32(exactly: $0) }),
            let offset = json["offset"]?.integer
        else { return nil }
        self.clientID = clientID
        self.scheduleKey = scheduleKey
        scheduleTimeMilliseconds = json["scheduleTime"]?.integer
        self.partition = partition
        self.offset = offset
    }

    /// The receipt as the JSON object that the service sent.
    public var json: String {
        JSONWriter.objectText { json in
            json.member("clientId", clientID)
            json.member("scheduleKey", scheduleKey)
            json.member("scheduleTime", scheduleTimeMilliseconds)
            json.member("partition", Int64(partition))
            json.member("offset", offset)
        }
    }
}
