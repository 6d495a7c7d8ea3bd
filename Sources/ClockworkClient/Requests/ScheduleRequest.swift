internal import Bytes

/// A request to deliver a payload at a time: a create, in the words of the contract.
///
/// A later request with the same ``clientID`` and ``scheduleKey`` replaces one that is still pending, and sending the
/// same request again does no harm. A value; making one checks nothing, ``validate()`` does.
public struct ScheduleRequest: Hashable, Sendable {
    /// The client that the key belongs to, 1 to 128 bytes of UTF-8.
    public var clientID: String
    /// The client's own key for this schedule, 1 to 512 bytes of UTF-8.
    public var scheduleKey: String
    /// Schedules with the same ordering key are delivered in order; also the key of the delivered record. 1 to 1024
    /// bytes of UTF-8; `nil` for ``scheduleKey``.
    public var orderingKey: String?
    /// When it is due, in milliseconds since 1970-01-01T00:00:00Z, up to the year 9999. The past means at once.
    public var scheduleTimeMilliseconds: Int64
    /// The payload, delivered as its UTF-8 bytes; up to 358,400 of them, or fewer where the service says so.
    public var taskData: String
    /// Where it goes.
    public var delivery: Delivery

    /// A request from its parts.
    public init(
        clientID: String,
        scheduleKey: String,
        orderingKey: String? = nil,
        scheduleTimeMilliseconds: Int64,
        taskData: String,
        delivery: Delivery
    ) {
        self.clientID = clientID
        self.scheduleKey = scheduleKey
        self.orderingKey = orderingKey
        self.scheduleTimeMilliseconds = scheduleTimeMilliseconds
        self.taskData = taskData
        self.delivery = delivery
    }

    /// The structured form: a JSON object in UTF-8, on one line. It is the body of `POST /schedule`, and as well the
    /// value of a record for the intake topic, whose key is ``recordKey``.
    public var json: [UInt8] {
        JSONWriter.object { json in
            json.member("clientId", clientID)
            json.member("scheduleKey", scheduleKey)
            json.member("orderingKey", orderingKey)
            json.member("scheduleTime", scheduleTimeMilliseconds)
            json.member("taskData", taskData)
            json.member("delivery", delivery.write(to:))
        }
    }

    /// The record key for those who produce the request themselves: it chooses the partition.
    public var recordKey: [UInt8] { Array((orderingKey ?? scheduleKey).utf8) }

    /// Checks every rule that does not depend on how the service is configured.
    ///
    /// - Throws: all that is wrong, not just the first.
    public func validate() throws(InvalidRequest) {
        try InvalidRequest.check(json, isCancel: false)
    }
}
