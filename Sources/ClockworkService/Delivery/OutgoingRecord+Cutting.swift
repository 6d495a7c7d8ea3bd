internal import Scheduling

extension OutgoingRecord {
    /// A dead letter with less in it, for a topic that finds it too large: half the value each time, then without the
    /// headers that are not Clockwork's, then without the key. Its detail says so.
    ///
    /// - Returns: `nil` for a delivery, which is never cut, and where there is nothing left to leave out.
    func cut() -> OutgoingRecord? {
        guard isDeadLetter else { return nil }
        var record = self
        let omission: String
        if let value, !value.isEmpty {
            record.value = Array(value.prefix(value.count / 2))
            omission = "the value is cut to \(value.count / 2) bytes"
        } else if headers != ownHeaders {
            record.headers = ownHeaders
            omission = "value and carried headers are left out"
        } else if key != nil {
            record.key = nil
            omission = "key, value and carried headers are left out"
        } else {
            return nil
        }
        record.headers = record.headers.replacingLast(
            RecordID.detailHeader,
            with: "\(detail) (\(omission))"
        )
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
