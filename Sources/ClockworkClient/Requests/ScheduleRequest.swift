internal import Bytes

/// A request to deliver a payload at a time. The contract calls it a create.
///
/// A later request with the same ``clientID`` and ``scheduleKey`` replaces one that is still pending. Sending the same
/// request again does no harm. This is a value. Creating one checks nothing; ``validate()`` does.
public struct ScheduleRequest: Hashable, Sendable {
    /// The client that the key belongs to, 1 to 128 bytes of UTF-8.
    public var clientID: String
    /// The client's own key for this schedule, 1 to 512 bytes of UTF-8.
    public var scheduleKey: String
    /// Schedules with the same ordering key are delivered in order. It is also the key of the delivered record. 1 to
    /// 1024 bytes of UTF-8; `nil` stands for ``scheduleKey``.
    public var orderingKey: String?
    /// When it is due, in milliseconds since 1970-01-01T00:00:00Z, up to the year 9999. A time in the past means at
    /// once.
    public var scheduleTimeMilliseconds: Int64
    /// The payload, delivered as its UTF-8 bytes; up to 358,400 bytes, or fewer if the service's limit is lower.
    public var taskData: String
    /// The target.
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

    /// The structured form: a JSON object in UTF-8, on one line. It is the body of `POST /schedule`, and also the value
    /// of a record for the intake topic, whose key is ``recordKey``.
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

    /// The record key, for clients that produce the request themselves. It chooses the partition.
    public var recordKey: [UInt8] { Array((orderingKey ?? scheduleKey).utf8) }

    /// Checks every rule that does not depend on the service's configuration.
    ///
    /// - Throws: all errors, not only the first.
    public func validate() throws(InvalidRequest) {
        try InvalidRequest.check(json, isCancel: false)
    }
}
