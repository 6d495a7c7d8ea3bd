internal import Bytes

/// A run of items with one hash key and a range key between two bounds.
public struct RangeQuery: Sendable {
    /// The table.
    public var table: String
    /// The hash key attribute, by name and value.
    public var hash: Item.Attribute
    /// The name of the range key attribute.
    public var range: String
    /// The lowest range key, included; not above `upper`.
    public var lower: AttributeValue
    /// The highest range key, included.
    public var upper: AttributeValue

    /// A query from its parts.
    public init(
        table: String,
        hash: Item.Attribute,
        range: String,
        lower: AttributeValue,
        upper: AttributeValue
    ) {
        self.table = table
        self.hash = hash
        self.range = range
        self.lower = lower
        self.upper = upper
    }
}

/// One answer's worth of items, up to 1 MB.
public struct ItemPage: Sendable {
    /// The items, of a query in the order of their range key.
    public var items: [Item]
    /// Where to go on; `nil` at the end. An answer may be empty and still not be the last one.
    public var next: Item?
}

extension DynamoDBClient {
    /// Reads part of a run, consistently and in order.
    ///
    /// - Parameters:
    ///   - query: the run.
    ///   - start: what the answer before gave as `next`.
    ///   - limit: the most items to read, more than 0.
    ///   - deadline: when to give up.
    public func query(
        _ query: RangeQuery,
        startingAfter start: Item?,
        limit: Int,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> ItemPage {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(query.table)
        body.raw(",\"ConsistentRead\":true,\"Limit\":")
        body.integer(limit)
        body.raw(",\"KeyConditionExpression\":\"#h = :h AND #r BETWEEN :lower AND :upper\"")
        body.raw(",\"ExpressionAttributeNames\":{\"#h\":")
        body.string(query.hash.name)
        body.raw(",\"#r\":")
        body.string(query.range)
        body.raw("},\"ExpressionAttributeValues\":{\":h\":")
        body.value(query.hash.value)
        body.raw(",\":lower\":")
        body.value(query.lower)
        body.raw(",\":upper\":")
        body.value(query.upper)
        body.raw("}")
        return try await page(.query, &body, startingAfter: start, deadline: deadline)
    }

    /// Reads part of a whole table, consistently, in no particular order.
    public func scan(
        table: String,
        startingAfter start: Item?,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> ItemPage {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(table)
        body.raw(",\"ConsistentRead\":true")
        return try await page(.scan, &body, startingAfter: start, deadline: deadline)
    }

    /// Writes an item, in place of one with the same key.
    public func put(_ item: Item, table: String, deadline: ContinuousClock.Instant) async throws(DynamoDBError) {
        try await put(item, table: table, condition: nil, deadline: deadline)
    }

    /// Writes an item, unless there is one with the same key in which a number is greater.
    ///
    /// - Parameters:
    ///   - item: the item, with its key.
    ///   - table: the table.
    ///   - number: the name of the number, and the most that the item there may have; it may have none.
    ///   - deadline: when to give up.
    /// - Returns: whether it was written. An attempt whose answer was lost may have been the one that wrote it.
    public func put(
        _ item: Item,
        table: String,
        unlessGreater number: Item.Attribute,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> Bool {
        do {
            try await put(item, table: table, condition: number, deadline: deadline)
            return true
        } catch  where error.code == .conditionFailed {
            return false
        }
    }

    private func put(
        _ item: Item,
        table: String,
        condition: Item.Attribute?,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) {
        var body = JSONWriter()
        body.raw("{\"TableName\":")
        body.string(table)
        body.raw(",\"Item\":")
        body.item(item)
        if let condition {
            body.raw(",\"ConditionExpression\":\"attribute_not_exists(#c) OR #c <= :c\"")
            body.raw(",\"ExpressionAttributeNames\":{\"#c\":")
            body.string(condition.name)
            body.raw("},\"ExpressionAttributeValues\":{\":c\":")
            body.value(condition.value)
            body.raw("}")
        }
        body.raw(",\"ReturnConsumedCapacity\":\"TOTAL\"}")
        try await call(.putItem, body.bytes, deadline: deadline) { (reader) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in try reader.skipMember(name) }
        }
    }

    private func page(
        _ operation: Operation,
        _ body: inout JSONWriter,
        startingAfter start: Item?,
        deadline: ContinuousClock.Instant
    ) async throws(DynamoDBError) -> ItemPage {
        if let start {
            body.raw(",\"ExclusiveStartKey\":")
            body.item(start)
        }
        body.raw(",\"ReturnConsumedCapacity\":\"TOTAL\"}")
        return try await call(operation, body.bytes, deadline: deadline) { (reader) throws(JSONError) in
            var page = ItemPage(items: [], next: nil)
            try reader.readObject { (reader, name) throws(JSONError) in
                switch name {
                case "Items": page.items = try reader.readItems()
                case "LastEvaluatedKey": page.next = try reader.readItem()
                default: try reader.skipMember(name)
                }
            }
            return page
        }
    }
}
