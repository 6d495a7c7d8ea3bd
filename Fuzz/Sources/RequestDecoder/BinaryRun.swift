import FuzzSupport
import Scheduling

/// The binary form, held against a plain reading of its headers.
struct BinaryRun {
    private let record: FuzzedRecord

    init(_ input: inout FuzzInput) {
        let key = input.takeShortOrNull()
        var headers = FuzzedRecord.takeHeaders(&input)
        let isNull = input.takeByte() == .max
        // One of the two headers that make the form is there in any case.
        if input.takeByte() & 1 == 1 {
            headers.append(FuzzedRecord.Header(name: Array("clockwork-schedule-time".utf8), value: input.takeShort()))
        }
        record = FuzzedRecord(key: key, headers: headers, value: isNull ? nil : input.takeRest())
    }

    func run() {
        guard let request = record.decode() else { return }
        guard has("clockwork-schedule-time") || has("clockwork-action") else { return }
        let action = text("clockwork-action") ?? "create"
        let key = ScheduleKey(
            clientID: text("clockwork-client-id") ?? "",
            scheduleKey: text("clockwork-schedule-key") ?? ""
        )
        let orderingKey = text("clockwork-ordering-key") ?? record.key.map { String(decoding: $0, as: UTF8.self) }
        switch request {
        case .create(let schedule):
            require(action == "create", "a create is asked for")
            require(schedule.key == key, "the key is the one that is named")
            require(schedule.orderingKey == orderingKey, "the ordering key is the one that is named")
            require(schedule.payload == record.value, "the payload is the value")
            require(text("clockwork-schedule-time") == String(schedule.position.time.rawValue), "the time is in digits")
            require(
                schedule.target == text("clockwork-delivery-topic").map { .topic($0) },
                "the topic is the one that is named"
            )
            record.checkCarried(schedule.headers)
        case .cancel(let cancellation):
            require(action == "cancel", "a cancel is asked for")
            require(cancellation.key == key, "the key is the one that is named")
            require(cancellation.orderingKey == orderingKey, "the ordering key is the one that is named")
        }
        let names = record.headers.filter(\.isReserved).map(\.name)
        require(Set(names).count == names.count, "no header of Clockwork's own is given twice")
    }

    private func has(_ name: String) -> Bool {
        record.headers.contains { $0.name.elementsEqual(name.utf8) }
    }

    private func text(_ name: String) -> String? {
        let header = record.headers.first { $0.name.elementsEqual(name.utf8) }
        return header?.value.map { String(decoding: $0, as: UTF8.self) }
    }
}
