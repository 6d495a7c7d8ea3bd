internal import Kafka

/// Why a pod has no place in its consumer group. A value: errors of the group in, a reason out.
struct GroupPlace {
    private(set) var hasJoined = false
    private var error: KafkaError?

    /// The group has assigned partitions, perhaps none.
    mutating func joined() {
        hasJoined = true
        error = nil
    }

    /// The place is gone, or given up.
    mutating func left() {
        hasJoined = false
        error = nil
    }

    /// The member has received an error. A passing error does not hide a lasting one: a missing right is reported once,
    /// while the member retries.
    mutating func failed(_ error: KafkaError) {
        if let known = self.error, known.isDenied, !error.isDenied { return }
        self.error = error
    }

    /// In words for operators; `nil` with a place.
    var obstacle: String? {
        guard !hasJoined else { return nil }
        guard let error else { return "The pod has not joined its consumer group." }
        if error.isDenied {
            return "The pod may not join its consumer group or read the intake (\(error)). Correct its user's password "
                + "or rights; `clockwork doctor` tries them one by one."
        }
        return error.isRetriable
            ? "The pod has not joined its consumer group yet (\(error)). It goes on trying, and nothing need be done."
            : "The pod has not joined its consumer group (\(error))."
    }
}
