import Bytes
import ClockworkService

/// One thing that was looked at, and how it is.
struct Finding: Equatable {
    /// How it is.
    enum Verdict: String {
        /// As it should be.
        case good
        /// It works, and is not as it should be.
        case warning
        /// It does not work.
        case fault
    }

    /// What was looked at, such as `intake topic`.
    let subject: String
    /// How it is.
    let verdict: Verdict
    /// What was found, in a phrase or sentence.
    let detail: String
    /// What to do; `nil` where there is nothing.
    let remedy: String?

    static func good(_ subject: String, _ detail: String) -> Finding {
        Finding(subject: subject, verdict: .good, detail: detail, remedy: nil)
    }

    static func warning(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .warning, detail: detail, remedy: remedy)
    }

    static func fault(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .fault, detail: detail, remedy: remedy)
    }

    /// One line for a terminal.
    var line: String {
        let mark =
            switch verdict {
            case .good: "✓"
            case .warning: "!"
            case .fault: "✗"
            }
        let remedy = remedy.map { " → \($0)" } ?? ""
        return "\(mark) \(subject): \(detail)\(remedy)"
    }

    /// A JSON object.
    var json: String {
        JSONWriter.objectText { json in
            json.member("subject", subject)
            json.member("verdict", verdict.rawValue)
            json.member("detail", detail)
            json.member("remedy", remedy)
        }
    }
}
