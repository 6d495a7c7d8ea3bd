internal import Bytes

/// The items with one hash key whose range key lies between two bounds.
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

/// The items of one answer, up to 1 MB.
public struct ItemPage: Sendable {
    /// The items. Those of a query are in the order of their range keys.
    public var items: [Item]
    /// Where the next request starts; `nil` at the end. An answer may be empty without being the last one.
    public var next: Item?
}

extension DynamoDBClient {
    /// Reads some of the items of a query, consistently and in order.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - start: the `next` of the previous answer.
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

    /// Reads some of the items of a whole table, consistently, in no particular order.
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

    /// Writes an item. It replaces one with the same key.
    public func put(_ item: Item, table: String, deadline: ContinuousClock.Instant) async throws(DynamoDBError) {
        try await put(item, table: table, condition: nil, deadline: deadline)
    }

    /// Writes an item, unless the stored item with the same key has a greater number.
    ///
    /// - Parameters:
    ///   - item: the item, with its key.
    ///   - table: the table.
    ///   - number: the attribute with the number to compare, and the greatest value that the stored item may have. The
    ///     stored item may also have none.
    ///   - deadline: when to give up.
    /// - Returns: whether the item was written. If an answer was lost, it may have been an earlier attempt that wrote
    ///   it.
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
