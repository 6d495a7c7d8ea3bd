import Foundation
import FuzzSupport
import Scheduling

/// The structured form, held against Foundation's reader of JSON.
enum StructuredRun {
    static func body(_ bytes: [UInt8], isCancel: Bool) {
        let exact = ExactBytes(bytes)
        defer { withExtendedLifetime(exact) {} }
        let request: Request
        do throws(Rejection) {
            request = try FuzzedRecord.decoder.decode(body: exact.view!, action: isCancel ? .cancel : .create).request
        } catch {
            FuzzedRecord.check(error)
            return compareRejection(error, bytes)
        }
        compare(request, bytes, fallback: nil, isCancel: isCancel, offset: -1)
    }

    static func record(_ input: inout FuzzInput) {
        let key = input.takeShortOrNull()
        let headers = FuzzedRecord.takeHeaders(&input).filter { !$0.isReserved }
        let record = FuzzedRecord(key: key, headers: headers, value: input.takeRest())
        guard let request = record.decode() else { return }
        if case .create(let schedule) = request { record.checkCarried(schedule.headers) }
        compare(request, record.value!, fallback: record.key, isCancel: false, offset: 7)
    }

    /// What the decoder accepts means what Foundation says it means.
    private static func compare(
        _ request: Request,
        _ bytes: [UInt8],
        fallback: [UInt8]?,
        isCancel: Bool,
        offset: Int64
    ) {
        // Foundation refuses more than the standard does: names given twice, numbers beyond its own.
        guard let object = object(bytes) else { return }
        let clientID = object["clientId"] as? String
        let scheduleKey = (object["scheduleKey"] ?? object["scheduleId"]) as? String
        let orderingKey = object["orderingKey"] as? String ?? fallback.map { String(decoding: $0, as: UTF8.self) }
        let action = object["action"] as? String ?? (isCancel ? "cancel" : "create")
        switch request {
        case .create(let schedule):
            require(action == "create", "a create is asked for")
            same(schedule.key.clientID, clientID, "clientId")
            same(schedule.key.scheduleKey, scheduleKey, "scheduleKey")
            same(schedule.orderingKey, orderingKey ?? scheduleKey, "orderingKey")
            let payload = schedule.payload.map { String(decoding: $0, as: UTF8.self) }
            same(payload, object["taskData"] as? String, "taskData")
            let topic = (object["delivery"] as? [String: Any])?["topic"] as? String
            require(schedule.target == topic.map { .topic($0) }, "the topic is the one that is named")
            let time = (object["scheduleTime"] as? NSNumber)?.int64Value
            require(schedule.position.time.rawValue == time, "the time is the one that is named")
            require(schedule.position.offset == offset, "the offset is the record's")
        case .cancel(let cancellation):
            require(action == "cancel", "a cancel is asked for")
            same(cancellation.key.clientID, clientID, "clientId")
            same(cancellation.key.scheduleKey, scheduleKey, "scheduleKey")
            same(cancellation.orderingKey, orderingKey, "orderingKey")
        }
    }

    private static func same(_ read: String?, _ expected: String?, _ field: String) {
        require(read.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(field) is what Foundation reads")
    }

    /// What is called no JSON object is none for Foundation either, but for what it is known to take besides.
    private static func compareRejection(_ rejection: Rejection, _ bytes: [UInt8]) {
        guard rejection.code == .invalidJSON, !rejection.detail.contains("nested deeper") else { return }
        // It reads UTF-16 and UTF-32 as well, skips byte order marks, and takes a comma before an end.
        let text = bytes.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let marks: [[UInt8]] = [[0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE]]
        let isPlain = !bytes.contains(0) && !marks.contains { bytes.starts(with: $0) }
        let hasTrailingComma = zip(text, text.dropFirst()).contains { $0 == 0x2C && ($1 == 0x7D || $1 == 0x5D) }
        guard isPlain, !hasTrailingComma else { return }
        require(object(bytes) == nil, "refused, and an object for Foundation: \(rejection.detail)")
    }

    private static func object(_ bytes: [UInt8]) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }
}
