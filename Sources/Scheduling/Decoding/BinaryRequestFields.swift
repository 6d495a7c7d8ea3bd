extension RequestFields {
    /// Reads the fields of a request in binary form.
    ///
    /// Headers that start with `clockwork-` and have no meaning are ignored, but like all of them must not be given
    /// twice.
    init(binary record: RecordView) {
        var unknown: Set<[UInt8]> = []
        for header in record.headers where header.name.starts(with: RequestHeader.reservedPrefix) {
            let name = header.name
            if name.isEqual(to: RequestHeader.scheduleTime) {
                scheduleTime.take(header)
            } else if name.isEqual(to: RequestHeader.clientID) {
                clientID.take(header)
            } else if name.isEqual(to: RequestHeader.scheduleKey) {
                scheduleKey.take(header)
            } else if name.isEqual(to: RequestHeader.topic) {
                topic.take(header)
            } else if name.isEqual(to: RequestHeader.orderingKey) {
                orderingKey.take(header)
            } else if name.isEqual(to: RequestHeader.action) {
                action.take(header)
            } else if name.isEqual(to: RequestHeader.url) {
                url.take(header)
            } else if !unknown.insert([UInt8](name)).inserted {
                repeatedHeader = name
            }
        }
        delivery = .present
        if let value = record.value { taskData = .text(RequestText(plain: value)) }
    }
}

extension FieldValue {
    /// Takes the value of a header, unless there has been one already.
    fileprivate mutating func take(_ header: HeaderView) {
        guard isAbsent else {
            self = .problem(.repeated)
            return
        }
        guard let value = header.value else {
            self = .problem(.null)
            return
        }
        self = UTF8Form.isValid(value) ? .text(RequestText(plain: value)) : .problem(.notUTF8)
    }
}
