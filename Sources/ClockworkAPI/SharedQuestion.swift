/// Puts one question for all who ask at one time: what is asked while an answer is awaited goes together with the next
/// question, so every answer is newer than whoever gets it asked.
actor SharedQuestion<Detail: Sendable, Answer: Sendable> {
    private let ask: @Sendable ([Detail]) async -> Answer
    private var waiting: [(detail: Detail, continuation: CheckedContinuation<Answer, Never>)] = []
    private var isAsking = false

    /// - Parameter ask: puts the question, with what each who asks adds to it.
    init(ask: @escaping @Sendable ([Detail]) async -> Answer) {
        self.ask = ask
    }

    /// The answer to a question that was put after this call.
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
