/// Asks one question for all callers that wait at one time. A caller that comes while a question is out waits for the
/// next one. So every answer is newer than the call that gets it.
actor SharedQuestion<Detail: Sendable, Answer: Sendable> {
    private let ask: @Sendable ([Detail]) async -> Answer
    private var waiting: [(detail: Detail, continuation: CheckedContinuation<Answer, Never>)] = []
    private var isAsking = false

    /// - Parameter ask: asks the question, with the details of all its callers.
    init(ask: @escaping @Sendable ([Detail]) async -> Answer) {
        self.ask = ask
    }

    /// The answer to a question that was asked after this call.
    func answer(to detail: Detail) async -> Answer {
        await withCheckedContinuation { continuation in
            waiting.append((detail, continuation))
            guard !isAsking else { return }
            isAsking = true
            Task { await self.askWhileWanted() }
        }
    }

    private func askWhileWanted() async {
        while !waiting.isEmpty {
            let served = waiting
            waiting = []
            let answer = await ask(served.map(\.detail))
            for asker in served { asker.continuation.resume(returning: answer) }
        }
        isAsking = false
    }
}
