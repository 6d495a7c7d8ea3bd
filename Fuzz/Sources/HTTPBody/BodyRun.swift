import Foundation
import FuzzSupport
import HTTPTypes
import NIOCore
import Scheduling

@testable import ClockworkAPI

/// What a body goes through up to the record for the intake.
enum BodyRun {
    private static let decoder = RequestDecoder(
        rules: RequestRules(
            maxPayloadBytes: 1_000,
            topicPolicy: TopicPolicy(intakeTopic: "intake", deadLetterTopic: "dead", allow: ["t*", "other"])
        )
    )
    private static let checker = CallChecker(decoder: decoder, headers: headers)
    private static let headers: RecordHeaders = {
        var headers = RecordHeaders()
        headers.append(name: "traceparent", value: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        return headers
    }()

    /// What the API accepts, the owner of the partition reads the same way.
    static func check(_ bytes: [UInt8], action: RequestAction) {
        check(ByteBuffer(bytes: bytes), action: action)
    }

    static func check(_ body: ByteBuffer, action: RequestAction) {
        do throws(Problem) {
            switch try checker.check(body, action: action) {
            case .create(let prepared, _), .cancel(let prepared):
                compare(prepared)
            case .cancelByKey(let key):
                compare(checker.cancel(key, orderingKey: key.scheduleKey, partition: 3))
            }
        } catch {
            check(error)
        }
    }

    private static func compare(_ prepared: PreparedRequest) {
        let value = ExactBytes(Array(prepared.record.value.readableBytesView))
        let key = ExactBytes(Array(prepared.record.key.utf8))
        let request: Request
        do {
            request = try prepared.record.headers.withViews { headers in
                try withExtendedLifetime((key, value)) {
                    try decoder.decode(RecordView(offset: 7, key: key.view, value: value.view, headers: headers))
                }
            }
        } catch {
            fatalError("accepted by the API and rejected by the owner: \(error)")
        }
        switch request {
        case .create(let schedule):
            require(prepared.created != nil, "a create stays a create")
            require(schedule.key == prepared.key, "the key stays the same")
            require(schedule.position.time == prepared.time, "the time stays the same")
            require(Array(schedule.orderingKey.utf8) == Array(prepared.record.key.utf8), "the record key orders it")
            require(schedule.target == prepared.created?.target, "the target stays the same")
            require(schedule.headers == headers, "the headers are carried")
        case .cancel(let cancellation):
            require(prepared.created == nil, "a cancel stays a cancel")
            require(cancellation.key == prepared.key, "the key stays the same")
            require(cancellation.orderingKey == prepared.record.key, "the record key orders it")
        }
    }

    /// A path names a schedule, and the cancel made from it is about that one.
    static func checkTarget(_ bytes: [UInt8]) {
        do throws(Problem) {
            let route = try Route(target: String(decoding: bytes, as: UTF8.self))
            guard case .schedule(let clientID, let scheduleKey) = route else { return }
            let key = try checker.checkKey(clientID: clientID, scheduleKey: scheduleKey)
            require(Array(key.clientID.utf8) == Array(clientID.utf8), "the client is the path's")
            require(Array(key.scheduleKey.utf8) == Array(scheduleKey.utf8), "the key is the path's")
        } catch {
            check(error)
        }
    }

    /// A problem can be written as one JSON object on one line.
    static func check(_ problem: Problem) {
        let json = problem.json
        require(!json.utf8.contains(UInt8(ascii: "\n")), "a problem is one line")
        let object = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any]
        require((object?["status"] as? NSNumber)?.intValue == problem.answer.status.code, "a problem is JSON")
    }
}
