/// Is told what a client does, to count it. Called from any task; must not block.
public protocol DynamoDBObserver: Sendable {
    /// A request, named by DynamoDB's name of its operation, has been answered, or has failed.
    func requestEnded(_ operation: String, failure: DynamoDBError.Code?)
    /// A request is sent again: it has failed, or has left something undone.
    func requestRepeated(_ operation: String)
    /// DynamoDB has charged so many capacity units for a request.
    func capacityConsumed(_ operation: String, units: Double)
}
