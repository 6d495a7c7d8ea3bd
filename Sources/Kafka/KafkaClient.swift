internal import CKafka
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Owns an `rd_kafka_t`, the queue that is polled for it, and the thread for its blocking calls.
///
/// `@unchecked Sendable`: every stored property is immutable or guarded by `topics`' mutex, and librdkafka's handles
/// may be used from any thread.
final class KafkaClient: @unchecked Sendable {
    let handle: OpaquePointer
    /// The queue that the owner polls: the consumer queue of a group consumer, the main queue of any other client.
    let queue: OpaquePointer
    /// Kept alive because librdkafka's callbacks hold an unretained reference to it.
    private let callbackContext: AnyObject?
    /// Whether this object ends without waiting for librdkafka's threads.
    private let isDestroyedApart: Bool
    private let blockingCalls = DispatchQueue(label: "kafka.blocking")
    /// Connects leaders; nothing waits for it.
    let connecting = DispatchQueue(label: "kafka.connecting")
    private let topics = Mutex<TopicList?>(nil)

    private struct TopicList {
        /// When the broker was asked.
        var askedAt: ContinuousClock.Instant
        var answers: [String: Result<Int?, KafkaError>]
    }

    /// Takes a client handle; its `opaque` points to `callbackContext`.
    init(handle: OpaquePointer, callbackContext: AnyObject?, isDestroyedApart: Bool = false) {
        self.handle = handle
        self.isDestroyedApart = isDestroyedApart
        self.callbackContext = callbackContext
        if let consumerQueue = rd_kafka_queue_get_consumer(handle) {
            rd_kafka_poll_set_consumer(handle)
            queue = consumerQueue
        } else {
            queue = rd_kafka_queue_get_main(handle)
        }
        rd_kafka_set_log_queue(handle, queue)
    }

    deinit {
        endSignal()
        rd_kafka_queue_destroy(queue)
        let remains = Remains(handle: handle, callbackContext: callbackContext)
        if isDestroyedApart {
            DispatchQueue.global().async { remains.destroy() }
        } else {
            remains.destroy()
        }
    }

    /// The remains of a client whose object has ended.
    ///
    /// `@unchecked Sendable`: nobody else has it any more.
    private struct Remains: @unchecked Sendable {
        let handle: OpaquePointer
        let callbackContext: AnyObject?

        /// Waits for librdkafka's threads. A consumer that should leave its group politely has done so in `close()`.
        func destroy() {
            rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(callbackContext) {}
        }
    }

    /// Makes an eventfd (or a non-blocking pipe that takes eight bytes) readable when the queue stops being empty.
    func signal(fileDescriptor: Int32) {
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(queue, fileDescriptor, &one, MemoryLayout<UInt64>.size)
        // Older entries have signalled nobody, and later ones would not either.
        if rd_kafka_queue_length(queue) > 0 { _ = write(fileDescriptor, &one, MemoryLayout<UInt64>.size) }
    }

    /// The value of a property that is a whole number, the default included.
    func integer(_ property: String) -> Int {
        var text = [CChar](repeating: 0, count: 32)
        var size = text.count
        let status = rd_kafka_conf_get(rd_kafka_conf(handle), property, &text, &size)
        let value = Int(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        guard status == RD_KAFKA_CONF_OK, let value else { preconditionFailure("\(property) is no number") }
        return value
    }

    /// The fatal error that was raised, if any.
    var fatalError: KafkaError? {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
        defer { text.deallocate() }
        text.pointee = 0
        let code = rd_kafka_fatal_error(handle, text, 512)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(code: code.rawValue, message: String(cString: text), isFatal: true)
    }

    /// Ends the signals; the descriptor may be closed then.
    func endSignal() {
        rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
    }

    /// Runs a blocking call on this client's own thread. Calls queue up behind each other, so each must give up at a
    /// deadline counted from the request for it.
    ///
    /// Cancelling the task ends the wait. The call itself continues, and its answer is dropped.
    func runBlocking<Value: Sendable>(
        _ call: @escaping @Sendable (KafkaClient) -> Result<Value, KafkaError>
    ) async throws(KafkaError) -> Value {
        try await runBlocking(until: nil) { client, answer in answer(call(client)) }
    }

    /// The same for a call without a deadline of its own, which may continue after its answer.
    ///
    /// - Parameter deadline: when the wait ends without an answer; the thread may be busy for longer.
    func runBlocking<Value: Sendable>(
        until deadline: ContinuousClock.Instant?,
        _ call: @escaping @Sendable (KafkaClient, (Result<Value, KafkaError>) -> Void) -> Void
    ) async throws(KafkaError) -> Value {
        let answer = BlockingAnswer<Value>()
        if let deadline {
            let rest = DispatchTimeInterval.milliseconds(Int((deadline - .now).milliseconds))
            DispatchQueue.global().asyncAfter(deadline: .now() + rest) { answer.give(.failure(.timedOut)) }
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.wait(continuation)
                blockingCalls.async { call(self, answer.give) }
            }
        } onCancel: {
            answer.give(.failure(.cancelled))
        }
        return try result.get()
    }

    /// The number of partitions of a topic, `nil` when there is no such topic (or no right to see it).
    ///
    /// Lists all topics, because that request creates none whatever the broker's version: the flag that forbids
    /// creation is not sent to brokers (nor to librdkafka's mock brokers) that do not know it. Calls that wait
    /// together share one list.
    func partitionCount(of topic: String, timeout: Duration) async throws(KafkaError) -> Int? {
        let askedAt = ContinuousClock.now
        return try await runBlocking { client in
            if let known = client.topics.withLock({ $0 }), known.askedAt >= askedAt {
                return known.answers[topic] ?? .success(nil)
            }
            return client.listTopics(until: askedAt + timeout).flatMap { $0[topic] ?? .success(nil) }
        }
    }

    /// The number of partitions in the latest list of topics; `nil` if the topic was not in it.
    func knownPartitionCount(of topic: String) -> Int? {
        let answer = topics.withLock { $0?.answers[topic] }
        return (try? answer?.get()) ?? nil
    }

    /// The state of each topic: its partition count, or why that is not known now. Blocks.
    func listTopics(
        until deadline: ContinuousClock.Instant
    ) -> Result<[String: Result<Int?, KafkaError>], KafkaError> {
        let askedAt = ContinuousClock.now
        guard askedAt < deadline else { return .failure(.timedOut) }
        var list: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle, 1, nil, &list, (deadline - askedAt).milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return .failure(KafkaError(code)) }
        defer { rd_kafka_metadata_destroy(list) }
        var answers: [String: Result<Int?, KafkaError>] = [:]
        for index in 0..<Int(list.pointee.topic_cnt) {
            let topic = list.pointee.topics[index]
            let error = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(topic.err)
            answers[String(cString: topic.topic)] =
                switch error {
                case nil: .success(Int(topic.partition_cnt))
                case let error? where error.isUnknownTopic: .success(nil)
                // For example, a topic that is being created and has no leaders yet.
                case let error?: .failure(error)
                }
        }
        topics.withLock { $0 = TopicList(askedAt: askedAt, answers: answers) }
        return .success(answers)
    }

    /// The first and the next offset of a partition. Blocks.
    func watermarks(
        topic: String,
        partition: Int32,
        until deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        let rest = deadline - .now
        guard rest > .zero else { throw .timedOut }
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, rest.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
        return (low, high)
    }
}

/// Resumes one waiting task once, with the call's answer or the task's own end.
private final class BlockingAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Result<Value, KafkaError>, Never>)
        case given(Result<Value, KafkaError>)
    }

    private let state = Mutex(State.open)

    func wait(_ continuation: CheckedContinuation<Result<Value, KafkaError>, Never>) {
        let early = state.withLock { state -> Result<Value, KafkaError>? in
            if case .given(let result) = state { return result }
            state = .waiting(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    func give(_ result: Result<Value, KafkaError>) {
        let continuation = state.withLock { state -> CheckedContinuation<Result<Value, KafkaError>, Never>? in
            defer { if case .given = state {} else { state = .given(result) } }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(returning: result)
    }
}

extension Duration {
    /// Whole milliseconds for a C timeout, rounded up so that a short wait is not a busy one.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 else { return .max }
        let fraction = attoseconds / 1_000_000_000_000_000 + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
        return max(0, Int32(seconds) * 1000 + Int32(fraction))
    }
}
