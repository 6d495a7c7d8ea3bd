/// The identity of a schedule: a client's own key, unique for that client.
public struct ScheduleKey: Hashable, Sendable {
    /// The client the key belongs to, 1 to 128 bytes of UTF-8.
    public var clientID: String
    /// The client's key, 1 to 512 bytes of UTF-8.
    public var scheduleKey: String

    /// A key from its two parts; lengths are checked where requests are decoded.
    public init(clientID: String, scheduleKey: String) {
        self.clientID = clientID
        self.scheduleKey = scheduleKey
    }
}
