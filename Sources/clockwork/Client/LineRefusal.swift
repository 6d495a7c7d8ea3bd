import ClockworkClient
import ClockworkService
import Scheduling

/// A line of a request file that is not in the intake.
struct LineRefusal {
    /// Who refused it.
    enum Reason {
        /// The check before it was sent: no service accepts it.
        case check(Rejection)
        /// The service.
        case service(Problem)
    }

    /// The file's name.
    let file: String
    /// The number of the line, from 1.
    let line: Int
    let reason: Reason

    /// One line that names file, line and every field that is wrong.
    var text: String {
        switch reason {
        case .check(let rejection): "\(file) line \(line): \(rejection.detail)"
        case .service(let problem): "\(file) line \(line): \(problem)"
        }
    }

    /// One JSON object: the problem, as the service tells it, with the number of the line in front.
    var json: String {
        let problem =
            switch reason {
            case .service(let problem): problem
            case .check(let rejection): Problem(rejection)
            }
        return problem.json(line: line)
    }
}

extension Problem {
    /// What the service would have answered.
    fileprivate init(_ rejection: Rejection) {
        self.init(
            status: rejection.isOfSizeAlone ? 413 : 400,
            type: "urn:clockwork:problem:\(rejection.code.rawValue)",
            title: "The request is not valid.",
            detail: rejection.detail,
            errors: rejection.errors.map { FieldError(field: $0.field, message: $0.message) }
        )
    }
}
