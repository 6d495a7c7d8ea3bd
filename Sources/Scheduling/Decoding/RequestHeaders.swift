/// The headers of a record, borrowed, and their meaning for the request as a whole. One pass over them finds it.
struct RequestHeaders {
    /// The form of the record, according to its headers.
    enum Form {
        case structured
        case binary
        /// The record has all headers of a delivered record, and no target or action. It is structured if its value is.
        case structuredWithCopies
    }

    /// All headers, in order.
    let views: [HeaderView]
    /// The form of a request with these headers.
    let form: Form
    /// The size of the carried headers in bytes, as they are stored. So many small headers cannot exceed the size of a
    /// store's item.
    let carriedBytes: Int
    /// The name of the first misspelt header.
    let misspelt: UnsafeRawBufferPointer?

    init(_ views: [HeaderView]) {
        var fields = Fields()
        var hasID = false
        var carriedBytes = 0
        var misspelt: UnsafeRawBufferPointer?
        for view in views {
            switch RequestHeader(view.name) {
            case .carried: carriedBytes += RecordHeaders.packedBytes(name: view.name, value: view.value)
            case .field(let field): fields.note(field)
            case .id: hasID = true
            case .ofDeadLetter: break
            case .misspelt: misspelt = misspelt ?? view.name
            }
        }
        self.views = views
        self.carriedBytes = carriedBytes
        self.misspelt = misspelt
        form = fields.form(hasID: hasID)
    }

    /// The presence of the fields that decide the form.
    private struct Fields {
        private var hasAction = false
        private var hasTime = false
        private var hasClient = false
        private var hasKey = false
        private var hasTarget = false

        mutating func note(_ field: RequestHeader.Field) {
            switch field {
            case .action: hasAction = true
            case .scheduleTime: hasTime = true
            case .clientID: hasClient = true
            case .scheduleKey: hasKey = true
            case .topic, .url, .delivery: hasTarget = true
            case .orderingKey: break
            }
        }

        func form(hasID: Bool) -> Form {
            if hasAction { return .binary }
            guard hasTime else { return .structured }
            return hasID && hasClient && hasKey && !hasTarget ? .structuredWithCopies : .binary
        }
    }

    /// The carried headers, in order.
    func carried() -> RecordHeaders {
        var carried = RecordHeaders()
        guard carriedBytes > 0 else { return carried }
        carried.reserve(bytes: carriedBytes)
        for view in views where RequestHeader(view.name) == .carried {
            carried.append(name: view.name, value: view.value)
        }
        return carried
    }
}
