import Testing

@testable import Scheduling

/// The states of a key, by what is known, pending and in flight; each is about a create at offset 10, due at 50.
enum KeySituation: String, CaseIterable {
    /// The store has been asked, and nothing is pending: its create was cancelled, by the request at 11, before the answer.
    case asking
    /// A cancel has been read first, at 12; whether there is anything to cancel the answer says.
    case cancelWaits = "asking, cancel waits"
    /// A create has been read first; it may go out, but nothing is written before the answer.
    case askingPending = "asking, pending"
    /// Its create went out before the answer.
    case askingOut = "asking, out"
    /// In the window and in the store.
    case pending
    /// Beyond the horizon, and on its way to the store.
    case beyondHorizon = "beyond the horizon"
    /// In flight; the store has it.
    case out
    /// In flight, and replaced by the create at 11, due at 80, which the store has, too.
    case outAndPending = "out, pending"
    /// The store has the create at 10, and the memory has not.
    case behind
    /// Delivered, and the store knows. The key is in memory only while a page is on its way.
    case over

    /// Those in which an answer is awaited.
    static let allAsking: [KeySituation] = [.asking, .cancelWaits, .askingPending, .askingOut]
    /// Those in which there is a delivery in flight.
    static let allOut: [KeySituation] = [.askingOut, .out, .outAndPending]

    /// A key in this state, with nothing left to be written that may be written.
    func play() -> KeyScript {
        var script = KeyScript()
        script.key.asked()
        switch self {
        case .asking:
            script.create(10, 50)
            script.cancel(11)
        case .cancelWaits:
            script.cancel(12)
        case .askingPending, .askingOut:
            script.create(10, 50)
            if self == .askingOut { script.handOut() }
        case .beyondHorizon:
            script.create(10, 5_000)
            script.answer(.unknown)
            _ = script.send()
        case .behind:
            script.create(5, 50)
            script.answer(KeyScript.answer(KeyScript.schedule(10, 50), isPending: true))
        case .pending, .out, .outAndPending, .over:
            script.create(10, 50)
            script.answer(.unknown)
            _ = script.write()
            if self != .pending { script.handOut() }
            if self == .outAndPending { script.create(11, 80) }
            if self == .over { script.end(.delivered) }
            _ = script.write()
        }
        return script
    }

    /// One cell of the table: an event in a state.
    struct Cell: CustomStringConvertible {
        let state: KeySituation
        /// What follows, in order.
        let steps: String
        /// What is written then.
        let writes: [String]
        /// The state once that is stored.
        let next: String

        init(_ state: KeySituation, _ steps: String, _ writes: [String] = [], to next: String) {
            self.state = state
            self.steps = steps
            self.writes = writes
            self.next = next
        }

        var description: String { state.rawValue }

        /// Plays the state and the event, and compares.
        ///
        /// - Parameter event: gives the key the event and returns the steps.
        func check(_ event: (inout KeyScript) -> String) {
            var script = state.play()
            #expect(event(&script) == steps, "in \(self)")
            #expect(script.write() == writes, "in \(self)")
            #expect(script.state == next, "in \(self)")
        }
    }
}
