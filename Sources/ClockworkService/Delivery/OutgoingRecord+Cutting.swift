internal import Scheduling

extension OutgoingRecord {
    /// A dead letter with less in it, for a topic that finds it too large: half the value each time, then without the
    /// headers that are not Clockwork's, then without the key. Its detail says so.
    ///
    /// - Returns: `nil` for a delivery, which is never cut, and where there is nothing left to leave out.
    func cut() -> OutgoingRecord? {
        guard isDeadLetter else { return nil }
        var rest = (key: key, value: value, headers: headers)
        let omission: String
        if let value, !value.isEmpty {
            rest.value = Array(value.prefix(value.count / 2))
            omission = "the value is cut to \(value.count / 2) bytes"
        } else if headers != ownHeaders {
            rest.headers = ownHeaders
            omission = "value and carried headers are left out"
        } else if key != nil {
            rest.key = nil
            omission = "key, value and carried headers are left out"
        } else {
            return nil
        }
        let record = OutgoingRecord(
            purpose: purpose,
            topic: topic,
            key: rest.key,
            value: rest.value,
            headers: rest.headers.replacingLast(RecordID.detailHeader, with: "\(detail) (\(omission))"),
            detail: detail
        )
        record.isAlone = isAlone
        record.sequence = sequence
        return record
    }

    var isDeadLetter: Bool {
        if case .delivery = purpose { false } else { true }
    }

    /// The headers that Clockwork has added to a dead letter: three of a dead letter, and four of a delivery before.
    private var ownHeaders: RecordHeaders {
        if case .rejectedRequest = purpose { headers.suffix(3) } else { headers.suffix(7) }
    }
}
