/// The headers of a record, borrowed, and what they say of the request as a whole: found in one walk.
struct RequestHeaders {
    /// What the headers say about the form of the record.
    enum Form {
        case structured
        case binary
        /// The schedule time came with all other headers of a delivered record, and there is no target: structured, if the
        /// value is.
        case structuredWithCopies
    }

    /// All of them, in order.
    let views: [HeaderView]
    /// The form of a request with these headers.
    let form: Form
    /// How many bytes the carried ones have as they are kept, so that many small ones cannot outgrow a store's item.
    let carriedBytes: Int
    /// The name of the first that is misspelt.
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

    /// Which fields there are, as far as the form depends on them.
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

    /// The carried ones, in order.
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
