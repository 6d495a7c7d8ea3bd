internal import Bytes

/// The keys of a table.
public struct TableKeys: Sendable, Equatable {
    /// A key attribute with its type, `S` or `N`.
    public struct Key: Sendable, Equatable {
        /// The attribute's name.
        public var name: String
        /// The attribute's type in DynamoDB's notation.
        public var type: String

        /// A key from its parts.
        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// The hash key.
    public var hash: Key
    /// The range key, if the table has one.
    public var range: Key?

    /// Keys from their parts.
    public init(hash: Key, range: Key? = nil) {
        self.hash = hash
        self.range = range
    }
}

/// DynamoDB's description of a table.
public struct TableDescription: Sendable {
    /// `ACTIVE` once the table can be used.
    public var status: String
    /// The keys; `nil` if the answer names none that this client knows.
    public var keys: TableKeys?
}

extension DynamoDBClient {
    /// Starts to create a table with billing by request.
    ///
    /// - Throws: `tableInUse` if the table exists.
    public func createTable(
        _ table: String,
        keys: TableKeys,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(table)
        body.raw(",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[")
        let all = [keys.hash] + (keys.range.map { [$0] } ?? [])
        for (index, key) in all.enumerated() {
            if index > 0 { body.raw(",") }
            body.raw("{\"AttributeName\":")
            body.string(key.name)
            body.raw(",\"AttributeType\":")
            body.string(key.type)
            body.raw("}")
        }
        body.raw("],\"KeySchema\":[")
        for (index, key) in all.enumerated() {
            if index > 0 { body.raw(",") }
            body.raw("{\"AttributeName\":")
            body.string(key.name)
            body.raw(index == 0 ? ",\"KeyType\":\"HASH\"}" : ",\"KeyType\":\"RANGE\"}")
        }
        body.raw("]}")
        try await call(.createTable, body.bytes, deadline: deadline) { (reader) throws(JSONError) in
            try reader.skipValue()
        }
    }

    /// DynamoDB's description of a table.
    ///
    /// - Throws: `tableNotFound` if the table does not exist.
    public func describeTable(
        _ table: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> TableDescription {
        try await call(.describeTable, tableBody(table), deadline: deadline) {
            (reader) throws(JSONError) in
            var description: TableDescription?
            try reader.readObject { (reader, name) throws(JSONError) in
                if name == "Table" {
                    description = try reader.readTableDescription()
                } else {
                    try reader.skipValue()
                }
            }
            guard let description else { throw reader.otherThanExpected }
            return description
        }
    }

    /// Whether DynamoDB removes items of a table at the time in `attribute`, or will once it has made that change.
    public func hasTimeToLive(
        _ table: String,
        attribute: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> Bool {
        try await call(.describeTimeToLive, tableBody(table), deadline: deadline) {
            (reader) throws(JSONError) in
            var status: String?
            var name: String?
            try reader.readObject { (reader, member) throws(JSONError) in
                guard member == "TimeToLiveDescription" else { return try reader.skipValue() }
                try reader.readObject { (reader, member) throws(JSONError) in
                    switch member {
                    case "TimeToLiveStatus": status = try reader.readString()
                    case "AttributeName": name = try reader.readString()
                    default: try reader.skipValue()
                    }
                }
            }
            return name == attribute && (status == "ENABLED" || status == "ENABLING")
        }
    }

    /// Makes DynamoDB remove items of a table at the time in `attribute`, in epoch seconds.
    public func enableTimeToLive(
        _ table: String,
        attribute: String,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(table)
        body.raw(",\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":")
        body.string(attribute)
        body.raw("}}")
        try await call(.updateTimeToLive, body.bytes, deadline: deadline) { (reader) throws(JSONError) in
            try reader.skipValue()
        }
    }

    private func tableBody(_ table: String) -> [UInt8] {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(table)
        body.raw("}")
        return body.bytes
    }
}

extension AnswerReader {
    fileprivate mutating func readTableDescription() throws(JSONError) -> TableDescription {
        var status: String?
        var roles: [String: String] = [:]
        var types: [String: String] = [:]
        try readObject { (reader, name) throws(JSONError) in
            switch name {
            case "TableStatus": status = try reader.readString()
            case "KeySchema": roles = try reader.readPairs(from: "KeyType", to: "AttributeName")
            case "AttributeDefinitions": types = try reader.readPairs(from: "AttributeName", to: "AttributeType")
            default: try reader.skipValue()
            }
        }
        guard let status else { throw otherThanExpected }
        func key(_ role: String) -> TableKeys.Key? {
            guard let name = roles[role], let type = types[name] else { return nil }
            return TableKeys.Key(name: name, type: type)
        }
        return TableDescription(status: status, keys: key("HASH").map { TableKeys(hash: $0, range: key("RANGE")) })
    }

    /// Reads an array of objects with two strings each.
    private mutating func readPairs(from first: String, to second: String) throws(JSONError) -> [String: String] {
        var pairs: [String: String] = [:]
        try readArray { (reader) throws(JSONError) in
            var members: [String: String] = [:]
            try reader.readObject { (reader, name) throws(JSONError) in
                let name = name.makeString()
                if name == first || name == second {
                    members[name] = try reader.readString()
                } else {
                    try reader.skipValue()
                }
            }
            guard let from = members[first], let to = members[second] else { throw reader.otherThanExpected }
            pairs[from] = to
        }
        return pairs
    }
}
