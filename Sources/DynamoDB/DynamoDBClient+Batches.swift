internal import Bytes

/// One write of a batch.
public enum BatchWrite: Sendable {
    /// Writes an item, in place of one with the same key.
    case put(Item)
    /// Deletes the item with a key; an absent item is not an error.
    case delete(key: Item)
}

extension DynamoDBClient {
    private static let writesPerRequest = 25
    private static let keysPerRequest = 100
    /// DynamoDB accepts 16 MB. But one megabyte is the largest body that libcurl sends without asking first (`Expect:
    /// 100-continue`), and smaller requests spread better over connections. The largest item still fits.
    private static let bytesPerRequest = 1_000_000
    /// The room reserved for a write in JSON. Most writes fit; for a longer one the buffer grows.
    private static let usualWriteBytes = 768

    /// Writes everything in `writes`, in no particular order. No key may occur twice. The writes are split into
    /// requests that DynamoDB accepts, several of which are in flight at a time. Unprocessed writes are sent again.
    ///
    /// - Throws: after a failure; any part may have been written.
    public func batchWrite(
        _ writes: [BatchWrite],
        table: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        _ = try await inParallel(requests(for: writes)) { (request) async throws(DynamoDBError) in
            try await self.write(request, table: table, deadline: deadline)
        }
    }

    /// Reads the items with the given keys consistently, in no particular order. Absent items are left out. No key may
    /// occur twice.
    ///
    /// If `attributes` are given, only these are read.
    public func batchGet(
        _ keys: [Item],
        attributes: [String]? = nil,
        table: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> [Item] {
        let requests = stride(from: 0, to: keys.count, by: Self.keysPerRequest).map {
            Array(keys[$0..<min($0 + Self.keysPerRequest, keys.count)])
        }
        let items = try await inParallel(requests) { (keys) async throws(DynamoDBError) in
            try await self.get(keys, attributes: attributes, table: table, deadline: deadline)
        }
        return Array(items.joined())
    }

    // MARK: Writes

    /// Splits `writes` into requests. Each write is already in JSON.
    private func requests(for writes: [BatchWrite]) -> [[[UInt8]]] {
        var requests: [[[UInt8]]] = []
        var request: [[UInt8]] = []
        var byteCount = 0
        for write in writes {
            var json = JSONWriter(capacity: Self.usualWriteBytes)
            json.write(write)
            if request.count == Self.writesPerRequest
                || !request.isEmpty && byteCount + json.bytes.count > Self.bytesPerRequest
            {
                requests.append(request)
                request = []
                byteCount = 0
            }
            request.append(json.bytes)
            byteCount += json.bytes.count + 1
        }
        if !request.isEmpty { requests.append(request) }
        return requests
    }

    private func write(
        _ request: [[UInt8]],
        table: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        var writes = request
        var attempt = 1
        while true {
            var body = JSONWriter()
            body.raw("{\"ReturnConsumedCapacity\":\"TOTAL\",\"RequestItems\":{")
            body.string(table)
            body.raw(":[")
            for (index, write) in writes.enumerated() {
                if index > 0 { body.raw(",") }
                body.raw(write)
            }
            body.raw("]}}")

            let unprocessed = try await call(.batchWriteItem, body.bytes, deadline: deadline) {
                (reader) throws(JSONError) in
                try reader.readUnprocessedWrites(table: table)
            }
            if unprocessed.isEmpty { return }
            guard unprocessed.count <= writes.count else { throw .unreadable(.batchWriteItem) }
            writes = unprocessed.map { write in
                var json = JSONWriter()
                json.write(write)
                return json.bytes
            }
            try await pause(afterAttempt: attempt, of: .batchWriteItem, deadline: deadline, cause: .unprocessed)
            attempt += 1
        }
    }

    // MARK: Reads

    private func get(
        _ requested: [Item],
        attributes: [String]?,
        table: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> [Item] {
        var keys = requested
        var items: [Item] = []
        var attempt = 1
        while true {
            let answer = try await call(
                .batchGetItem,
                batchGetBody(keys, attributes: attributes, table: table),
                deadline: deadline
            ) { (reader) throws(JSONError) in try reader.readBatchGetAnswer(table: table) }
            items += answer.items
            if answer.unprocessed.isEmpty { return items }
            guard answer.unprocessed.count <= keys.count else { throw .unreadable(.batchGetItem) }
            let madeProgress = answer.unprocessed.count < keys.count
            keys = answer.unprocessed
            // An answer that is cut at 16 MB is no sign of overload, so the rest is requested at once.
            if madeProgress, !answer.items.isEmpty { continue }
            try await pause(afterAttempt: attempt, of: .batchGetItem, deadline: deadline, cause: .unprocessed)
            attempt += 1
        }
    }

    private func batchGetBody(_ keys: [Item], attributes: [String]?, table: String) -> [UInt8] {
        var body = JSONWriter()
        body.raw("{\"ReturnConsumedCapacity\":\"TOTAL\",\"RequestItems\":{")
        body.string(table)
        body.raw(":{\"ConsistentRead\":true,")
        if let attributes {
            // Names are sent as placeholders, because DynamoDB reserves many words.
            body.raw("\"ProjectionExpression\":")
            body.string(attributes.indices.map { "#a\($0)" }.joined(separator: ","))
            body.raw(",\"ExpressionAttributeNames\":{")
            for (index, name) in attributes.enumerated() {
                if index > 0 { body.raw(",") }
                body.string("#a\(index)")
                body.raw(":")
                body.string(name)
            }
            body.raw("},")
        }
        body.raw("\"Keys\":[")
        for (index, key) in keys.enumerated() {
            if index > 0 { body.raw(",") }
            body.item(key)
        }
        body.raw("]}}}")
        return body.bytes
    }

    // MARK: Requests in flight

    /// Performs all requests, a bounded number at a time, and returns their outputs in no particular order. The first
    /// failure cancels the other requests.
    private func inParallel<Request: Sendable, Output: Sendable>(
        _ requests: [Request],
        _ perform: @escaping @Sendable (Request) async throws(DynamoDBError) -> Output
    ) async throws(DynamoDBError) -> [Output] {
        if requests.count == 1 { return [try await perform(requests[0])] }

        let result = await withTaskGroup(of: Result<Output, DynamoDBError>.self) { group in
            var waiting = requests.makeIterator()
            func startNext() {
                guard let request = waiting.next() else { return }
                group.addTask {
                    do throws(DynamoDBError) {
                        return .success(try await perform(request))
                    } catch {
                        return .failure(error)
                    }
                }
            }

            for _ in 0..<configuration.concurrency { startNext() }
            var outputs: [Output] = []
            var failure: DynamoDBError?
            while let result = await group.next() {
                switch result {
                case .success(let output):
                    outputs.append(output)
                    if failure == nil { startNext() }
                case .failure(let error):
                    // Later errors come from the requests that are cancelled here.
                    if failure == nil {
                        failure = error
                        group.cancelAll()
                    }
                }
            }
            return failure.map { Result<[Output], DynamoDBError>.failure($0) } ?? .success(outputs)
        }
        return try result.get()
    }
}

extension DynamoDBError {
    fileprivate static let unprocessed = DynamoDBError(code: .throttled, message: "DynamoDB left items unprocessed.")
}

extension JSONWriter {
    fileprivate mutating func write(_ write: BatchWrite) {
        switch write {
        case .put(let item):
            raw("{\"PutRequest\":{\"Item\":")
            self.item(item)
        case .delete(let key):
            raw("{\"DeleteRequest\":{\"Key\":")
            item(key)
        }
        raw("}}")
    }
}

extension AnswerReader {
    mutating func readUnprocessedWrites(table: String) throws(JSONError) -> [BatchWrite] {
        var writes: [BatchWrite] = []
        try readObject { (reader, name) throws(JSONError) in
            guard name == "UnprocessedItems" else { return try reader.skipMember(name) }
            try reader.readObject { (reader, name) throws(JSONError) in
                try reader.readArray { (reader) throws(JSONError) in writes.append(try reader.readBatchWrite()) }
            }
        }
        return writes
    }

    private mutating func readBatchWrite() throws(JSONError) -> BatchWrite {
        var write: BatchWrite?
        try readObject { (reader, kind) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in
                switch (kind.makeString(), name.makeString()) {
                case ("PutRequest", "Item"): write = .put(try reader.readItem())
                case ("DeleteRequest", "Key"): write = .delete(key: try reader.readItem())
                default: try reader.skipValue()
                }
            }
        }
        guard let write else { throw otherThanExpected }
        return write
    }

    mutating func readBatchGetAnswer(
        table: String
    ) throws(JSONError) -> (items: [Item], unprocessed: [Item]) {
        var items: [Item] = []
        var unprocessed: [Item] = []
        try readObject { (reader, name) throws(JSONError) in
            switch name {
            case "Responses":
                try reader.readObject { (reader, _) throws(JSONError) in items = try reader.readItems() }
            case "UnprocessedKeys":
                try reader.readObject { (reader, _) throws(JSONError) in
                    try reader.readObject { (reader, name) throws(JSONError) in
                        if name == "Keys" {
                            unprocessed = try reader.readItems()
                        } else {
                            try reader.skipValue()
                        }
                    }
                }
            default: try reader.skipMember(name)
            }
        }
        return (items, unprocessed)
    }
}
