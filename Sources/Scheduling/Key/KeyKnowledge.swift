/// The owner's knowledge of the store's record of a key.
enum KeyKnowledge {
    /// Nothing yet: the store is being asked, or is to be. Goes on to `known`.
    case asking(KeyQuestion)
    /// Everything that matters. Goes on to `behind` when a later record is seen.
    case known
    /// The latest request is pending in the store and not in memory. The next request after it asks the store again. A
    /// page that shows it makes the state `known`.
    case behind

    /// Whether no answer is awaited.
    var isKnown: Bool { if case .asking = self { false } else { true } }

    /// A request comes after everything known.
    ///
    /// - Returns: whether the store is to be asked again.
    mutating func askAgainIfBehind() -> Bool {
        guard case .behind = self else { return false }
        self = .asking(KeyQuestion())
        return true
    }

    /// Whether schedules that may repeat delivered ones wait for the answer. `unsentToo` includes a question that has
    /// not been sent.
    func isAwaited(unsentToo: Bool) -> Bool {
        guard case .asking(let question) = self else { return false }
        return switch question.progress {
        case .unsent: unsentToo
        case .sent: true
        case .late: false
        }
    }

    /// The store has been asked.
    mutating func questionSent() {
        change { $0.progress = .sent }
    }

    /// The answer takes long.
    mutating func answerIsLate() {
        change { if $0.progress == .sent { $0.progress = .late } }
    }

    /// A create for `time` comes. If the create before it has another schedule time, this one cannot be a repeat of
    /// the delivery that the answer may report.
    mutating func noteCreate(for time: EpochMilliseconds) {
        change {
            if let earlier = $0.time, earlier != time { $0.repeatsNothing = true }
            $0.time = time
        }
    }

    /// The latest request is in memory.
    mutating func hasMetLatest() {
        if case .behind = self { self = .known }
    }

    /// Makes a cancel wait for the answer.
    ///
    /// - Returns: `false` if no answer is awaited, or another cancel already waits for it.
    mutating func hold(cancel: Int64) -> Bool {
        guard case .asking(var question) = self, question.cancel < 0 else { return false }
        question.cancel = cancel
        self = .asking(question)
        return true
    }

    /// Takes the cancel that waits for the answer, if it comes after the request at `offset`.
    mutating func takeCancel(after offset: Int64) -> Int64? {
        guard case .asking(var question) = self, question.cancel > offset else { return nil }
        defer {
            question.cancel = -1
            self = .asking(question)
        }
        return question.cancel
    }

    private mutating func change(_ change: (inout KeyQuestion) -> Void) {
        guard case .asking(var question) = self else { return }
        change(&question)
        self = .asking(question)
    }
}

/// A look-up of a key that has not been answered.
struct KeyQuestion {
    enum Progress {
        /// It waits to be sent.
        case unsent
        /// It is in flight, and schedules that may repeat delivered ones wait for it.
        case sent
        /// It takes long: schedules no longer wait for it.
        case late
    }

    var progress = Progress.unsent
    /// The offset of a cancel that waits for the answer; −1 for none.
    var cancel: Int64 = -1
    /// The schedule time of the latest create read meanwhile.
    var time: EpochMilliseconds?
    /// Whether an earlier create had another schedule time: then the latest repeats nothing.
    var repeatsNothing = false
}
