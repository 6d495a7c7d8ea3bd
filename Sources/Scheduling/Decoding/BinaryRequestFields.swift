extension RequestFields {
    /// Reads the fields of a request in binary form.
    ///
    /// Those that Clockwork adds to dead letters are ignored however often they come.
    init(binary record: RecordView) {
        var hasDelivery = false
        delivery = .present
        for (index, header) in record.headers.enumerated() where header.name.starts(with: RequestHeader.reservedPrefix)
        {
            let name = header.name
            if name.isEqual(to: RequestHeader.scheduleTime) {
                scheduleTime.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.clientID) {
                clientID.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.scheduleKey) {
                scheduleKey.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.topic) {
                topic.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.orderingKey) {
                orderingKey.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.action) {
                action.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.url) {
                url.take(index, of: record)
            } else if name.isEqual(to: RequestHeader.delivery) {
                if hasDelivery { delivery = .problem(.repeated) } else { takeDelivery(header) }
                hasDelivery = true
            }
        }
        if let value = record.value { taskData = .text(RequestText(plain: value)) }
    }

    private mutating func takeDelivery(_ header: HeaderView) {
        guard let value = header.value else {
            delivery = .problem(.null)
            return
        }
        do throws(JSONError) {
            var scanner = JSONScanner(value)
            delivery = .absent
            try scanDelivery(&scanner)
            try scanner.finish()
        } catch {
            delivery = .problem(.notObject)
        }
    }
}

extension FieldValue {
    /// Takes the value of a header, unless there has been one already.
    fileprivate mutating func take(_ index: Int, of record: RecordView) {
        guard isAbsent else {
            self = .problem(Self.repetition(index, of: record))
            return
        }
        guard let value = record.headers[index].value else {
            self = .problem(.null)
            return
        }
        self = UTF8Form.isValid(value) ? .text(RequestText(plain: value)) : .problem(.notUTF8)
    }

    /// What is wrong with a header that is there a second time. Where one of the two came with the headers of a delivered
    /// record, it is that one.
    private static func repetition(_ index: Int, of record: RecordView) -> FieldProblem {
        let headers = record.headers
        guard let id = headers.firstIndex(where: { $0.name.isEqual(to: RequestHeader.id) }),
            let first = headers.firstIndex(where: { $0.name.elementsEqual(headers[index].name) })
        else { return .repeated }
        let copied = id + 1...id + RequestHeader.copiedCount
        return switch (copied.contains(first), copied.contains(index)) {
        case (true, false): .repeatedAfterCopy
        case (false, true): .repeatedByCopy
        default: .repeated
        }
    }
}
