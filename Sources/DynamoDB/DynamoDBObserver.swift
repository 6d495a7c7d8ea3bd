/// Is informed of what a client does, to count it. Called from any task; must not block.
public protocol DynamoDBObserver: Sendable {
    /// A request has been answered or has failed. `operation` is DynamoDB's name of its operation.
    func requestEnded(_ operation: String, failure: DynamoDBError.Code?)
    /// A request is sent again, because it failed or left items unprocessed.
    func requestRepeated(_ operation: String)
    /// DynamoDB has charged this number of capacity units for a request.
    func capacityConsumed(_ operation: String, units: Double)
}
