internal import Hummingbird
internal import NIOCore
internal import Scheduling
internal import ServiceLifecycle

/// A stream of requests, one a line. The answer is a stream with one line for each: the receipt of the request, or its
/// problem.
///
/// Lines are taken as they come and written to the intake in order, a batch at a time. Further bytes are read only once
/// the client has taken the answers to the earlier ones. So a stream of any length holds one batch and one line in
/// memory.
struct LineStream: Sendable {
    let calls: ScheduleCalls
    let body: RequestBody
    let slot: Slot
    let lineLimit: Int

    /// Reads the requests to their end, and writes answers on the way.
    func answer(to writer: inout any ResponseBodyWriter) async throws {
        var splitter = LineSplitter(limit: lineLimit)
        for try await chunk in body {
            let lines = splitter.take(chunk) { slot.hold($0) }
            try await answer(lines, &writer)
            // A line that has arrived in part is not answered. So the client sees that it was not taken.
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
            // The request may be about the schedule of an earlier line.
            if case .success(let request) = checked, batch.keys.contains(request.key) {
                try await flush(&batch, &writer)
            }
            batch.add(checked)
            if batch.isFull { try await flush(&batch, &writer) }
        }
        try await flush(&batch, &writer)
    }

    private struct Batch {
        private(set) var lines: [Result<CheckedRequest, Problem>] = []
        private(set) var keys: Set<ScheduleKey> = []

        var isFull: Bool { lines.count >= IntakeProducer.maxBatch }

        mutating func add(_ line: Result<CheckedRequest, Problem>) {
            lines.append(line)
            if case .success(let request) = line { keys.insert(request.key) }
        }
    }

    private func flush(_ batch: inout Batch, _ writer: inout any ResponseBodyWriter) async throws {
        guard !batch.lines.isEmpty else { return }
        let answers = await answers(to: batch.lines)
        batch = Batch()
        var buffer = ByteBuffer()
        for answer in answers {
            switch answer {
            case .success(let acceptance): buffer.writeString(acceptance)
            case .failure(let problem): buffer.writeString(problem.json)
            }
            buffer.writeString("\n")
        }
        try await writer.write(buffer)
    }

    private func answers(to lines: [Result<CheckedRequest, Problem>]) async -> [Result<String, Problem>] {
        var prepared = await calls.prepare(lines.compactMap { try? $0.get() }).makeIterator()
        let requests = lines.map { line in
            line.flatMap { _ in prepared.next() ?? .failure(.tooBusy) }
        }
        let written = requests.compactMap { try? $0.get() }
        var places = await calls.write(written).makeIterator()
        return requests.map { request in
            request.flatMap { request in
                places.next()?.map { ScheduleCalls.acceptance(request, $0) } ?? .failure(.tooBusy)
            }
        }
    }
}
