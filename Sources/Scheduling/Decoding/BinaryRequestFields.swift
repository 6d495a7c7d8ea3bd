internal import Bytes

extension RequestFields {
    /// Reads the fields of a request in binary form.
    ///
    /// The headers that Clockwork adds to a dead letter are ignored, however often they occur.
    init(binary value: UnsafeRawBufferPointer?, _ headers: [HeaderView]) {
        form = .binary
        delivery = .present
        for (index, header) in headers.enumerated() {
            guard case .field(let field) = RequestHeader(header.name) else { continue }
            switch field {
            case .scheduleTime: scheduleTime.take(index, of: headers)
            case .clientID: clientID.take(index, of: headers)
            case .scheduleKey: scheduleKey.take(index, of: headers)
            case .topic: topic.take(index, of: headers)
            case .orderingKey: orderingKey.take(index, of: headers)
            case .action: action.take(index, of: headers)
            case .url: url.take(index, of: headers)
            case .delivery:
                let isRepeated = form == .binaryWithDelivery
                form = .binaryWithDelivery
                if isRepeated { delivery = .problem(.repeated) } else { takeDelivery(header) }
            }
        }
        if let value { taskData = .text(BorrowedText(plain: value)) }
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
    /// Takes the value of a header. A second value for the same field is a problem.
    fileprivate mutating func take(_ index: Int, of headers: [HeaderView]) {
        guard isAbsent else {
            self = .problem(Self.repetition(index, of: headers))
            return
        }
        guard let value = headers[index].value else {
            self = .problem(.null)
            return
        }
        self = UTF8Form.isValid(value) ? .text(BorrowedText(plain: value)) : .problem(.notUTF8)
    }

    /// The problem of a field whose header occurs twice. If exactly one of the two was copied from a delivered record,
    /// the problem says which one.
    private static func repetition(_ index: Int, of headers: [HeaderView]) -> FieldProblem {
        guard let id = headers.firstIndex(where: { RequestHeader($0.name) == .id }),
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
