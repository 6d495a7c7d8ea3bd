import ClockworkService
import CoreMetrics
import DynamoDB
import PrometheusMetrics
import Synchronization

/// Counts the requests to DynamoDB. Handles are kept by operation and result, of which there are few.
final class DynamoDBMetrics: DynamoDBObserver {
    private struct Request: Hashable {
        var operation: String
        var result: String
    }

    private struct Handles {
        var requests: [Request: Counter] = [:]
        var repeats: [String: Counter] = [:]
        var capacity: [String: FloatingPointCounter] = [:]
    }

    private let factory: any MetricsFactory
    private let handles = Mutex(Handles())

    init(_ factory: any MetricsFactory) {
        self.factory = factory
    }

    func requestEnded(_ operation: String, failure: DynamoDBError.Code?) {
        let request = Request(operation: operation, result: failure?.rawValue ?? "ok")
        let counter = handles.withLock { handles in
            if let known = handles.requests[request] { return known }
            let counter = Metric.dynamoDBRequests.counter(factory, request.operation, request.result)
            handles.requests[request] = counter
            return counter
        }
        counter.increment()
    }

    func requestRepeated(_ operation: String) {
        let counter = handles.withLock { handles in
            if let known = handles.repeats[operation] { return known }
            let counter = Metric.dynamoDBRetries.counter(factory, operation)
            handles.repeats[operation] = counter
            return counter
        }
        counter.increment()
    }

    func capacityConsumed(_ operation: String, units: Double) {
        let counter = handles.withLock { handles in
            if let known = handles.capacity[operation] { return known }
            let counter = Metric.dynamoDBCapacity.fractionCounter(factory, operation)
            handles.capacity[operation] = counter
            return counter
        }
        counter.increment(by: units)
    }
}
