import Scheduling

/// What the files in this folder hold: a store as it was written before progress records named a log.
enum EarlierStore {
    static let partition: Int32 = 3

    private static func schedule(
        _ key: String,
        _ time: Int64,
        _ offset: Int64,
        target: DeliveryTarget = .topic("orders"),
        payload: [UInt8]?,
        headers: RecordHeaders = RecordHeaders()
    ) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "shop", scheduleKey: key),
            position: Position(time: EpochMilliseconds(rawValue: time), offset: offset),
            orderingKey: "customer-\(offset)",
            target: target,
            payload: payload,
            headers: headers
        )
    }

    private static var headers: RecordHeaders {
        var headers = RecordHeaders()
        headers.append(name: "traceparent", value: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        headers.append(name: "empty", value: "")
        "null".utf8.withContiguousStorageIfAvailable { headers.append(name: UnsafeRawBufferPointer($0), value: nil) }
        return headers
    }

    private static var callback: DeliveryTarget {
        var retry = CallbackTarget.RetryPolicy()
        retry.maxAttempts = 5
        return .callback(
            CallbackTarget(
                url: CallbackURL("https://example.com:8443/hook?a=b")!,
                method: .put,
                headers: [.init("X-Any", #"a "quoted" \ value"#)],
                timeoutMilliseconds: 2_500,
                retry: retry,
                isOrdered: true
            )
        )
    }

    /// The pending schedules, in position order: two of one millisecond, a null payload, a callback, and its like at
    /// the third attempt.
    static let pending: [Schedule] = [
        schedule("bytes", 1_700_000_100_000, 41, payload: [0, 255, 10, 39, 34], headers: headers),
        schedule("null", 1_700_000_100_000, 42, payload: nil),
        schedule("callback", 1_700_000_200_000, 1_000, target: callback, payload: Array("{\"a\":1}".utf8)),
        schedule("retry", 1_700_000_050_000, 12, target: callback, payload: []).again(
            at: EpochMilliseconds(rawValue: 1_700_000_300_000),
            retry: Retry(
                scheduleTime: EpochMilliseconds(rawValue: 1_700_000_050_000),
                attempt: 3,
                failure: "answered 503"
            )
        ),
    ]

    /// The key records of what is no longer pending, in each state.
    static let ended: [(key: ScheduleKey, record: KeyRecord)] = [
        (KeyRecord.State.latest, "delivered#1", 7 as Int64), (.cancelled, "cancelled", 8), (.failed, "100% failed", 9),
    ].map { state, key, offset in
        let schedule = schedule(key, 1_700_000_000_000, offset, payload: nil)
        var record = record(schedule, partition: partition)
        record.state = state
        if state == .cancelled { record.requestOffset = 99 }
        return (schedule.key, record)
    }

    /// What the progress records say, of a log and a mark that there were none of.
    static let progress: [PartitionProgress] = [
        PartitionProgress(
            partition: partition,
            owner: "pod-1",
            epoch: 17,
            executedUpTo: EpochMilliseconds(rawValue: 1_700_000_000_000),
            pendingResident: 4,
            committedOffset: 1_001,
            updatedAt: EpochMilliseconds(rawValue: 1_700_000_000_500)
        ),
        PartitionProgress(
            partition: 11,
            owner: "pod-2",
            epoch: 18,
            executedUpTo: nil,
            pendingResident: 0,
            committedOffset: nil,
            updatedAt: EpochMilliseconds(rawValue: 1_700_000_000_600)
        ),
    ]

    /// The instant at which all of it was written.
    static let writtenAt = EpochMilliseconds(rawValue: 1_700_000_000_000)
}
