import Bytes
import ClockworkClient
import ClockworkService

/// What has become of a request, for people and scripts.
enum OutcomeText {
    /// One line.
    ///
    /// - Parameter accepted: what to say of a request that is in the intake topic and not known to be applied.
    static func line(_ outcome: RequestOutcome, accepted: String) -> String {
        let verb =
            switch outcome.stage {
            case .accepted: accepted
            case .stored: "scheduled and stored"
            case .repeated: "nothing to do, it repeats an earlier request; read"
            case .cancelled: "cancelled"
            }
        return "\(verb) as \(outcome.receipt.partition)/\(outcome.receipt.offset)"
    }
}

extension RequestSender.Receipt {
    /// One line: what was done, and where the record is.
    func line(_ verb: String, _ topic: String) -> String {
        "\(verb) as \(topic)/\(partition)/\(offset)"
    }

    /// One JSON object: topic, partition and offset of the record.
    func json(topic: String) -> String {
        JSONWriter.objectText { json in
            json.member("topic", topic)
            json.member("partition", partition)
            json.member("offset", offset)
        }
    }
}
