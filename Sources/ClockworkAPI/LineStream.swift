internal import Hummingbird
internal import NIOCore
internal import Scheduling
internal import ServiceLifecycle

/// Requests as a stream, one a line, answered by a stream with one line for each: what tells a client that the intake
/// has its request, or the problem with it.
///
/// Lines are taken as they come and written to the intake in order, up to a batch at a time; the next bytes are read
/// only when the answers to the ones before have been taken. So a stream of any length holds one batch and one line.
struct LineStream: Sendable {
    let calls: ScheduleCalls
    let body: RequestBody
    let slot: Slot
    let lineLimit: Int

    /// Reads to the end of the requests, writing answers on the way.
    func answer(to writer: inout any ResponseBodyWriter) async throws {
        var splitter = LineSplitter(limit: lineLimit)
        for try await chunk in body {
            let lines = splitter.take(chunk) { slot.hold($0) }
            try await answer(lines, &writer)
            // A line that has arrived in part is not answered: the client sees that it was not taken.
            if Task.isShuttingDownGracefully { return try await writer.finish(nil) }
        }
        if let line = splitter.takeLast() { try await answer([.success(line)], &writer) }
        try await writer.finish(nil)
    }

    /// Answers lines in order.
    private func answer(
        _ lines: [Result<ByteBuffer, Problem>],
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        var batch = Batch()
        for line in lines {
            let checked = Result { () throws(Problem) in try calls.checker.check(line.get(), action: .create) }
            switch checked {
            case .success(.ready(let request)):
                batch.add(request)
            case .success(.cancel(let key)):
                // It may mean a line before it.
                try await flush(&batch, &writer)
                do throws(Problem) {
                    batch.add(try await calls.prepareCancel(key))
                } catch {
                    batch.add(error)
                }
            case .failure(let problem):
                batch.add(problem)
            }
            if batch.isFull { try await flush(&batch, &writer) }
        }
        try await flush(&batch, &writer)
    }

    private struct Batch {
        var requests: [PreparedRequest] = []
        /// The problem of each line in order; `nil` for the next of `requests`.
        var problems: [Problem?] = []

        var isFull: Bool { problems.count >= IntakeProducer.maxBatch }

        mutating func add(_ request: PreparedRequest) {
            requests.append(request)
            problems.append(nil)
        }

        mutating func add(_ problem: Problem) {
            problems.append(problem)
        }
    }

    private func flush(_ batch: inout Batch, _ writer: inout any ResponseBodyWriter) async throws {
        guard !batch.problems.isEmpty else { return }
        let places = await calls.write(batch.requests)
        var answered = zip(batch.requests, places).makeIterator()
        var buffer = ByteBuffer()
        for problem in batch.problems {
            if let problem {
                buffer.writeString(problem.json)
            } else if let (request, place) = answered.next() {
                switch place {
                case .success(let place): buffer.writeString(ScheduleCalls.acceptance(request, place).text)
                case .failure(let problem): buffer.writeString(problem.json)
                }
            }
            buffer.writeString("\n")
        }
        batch = Batch()
        try await writer.write(buffer)
    }
}
