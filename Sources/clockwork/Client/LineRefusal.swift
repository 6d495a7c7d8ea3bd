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
        switch reason {
        case .service(let problem): return problem.json(line: line)
        case .check(let rejection):
            let errors = rejection.errors.map {
                "{\"field\":\(JSONText.quoted($0.field)),\"message\":\(JSONText.quoted($0.message))}"
            }
            return "{\"line\":\(line),\"type\":\"urn:clockwork:problem:\(rejection.code.rawValue)\","
                + "\"title\":\"The request is not valid.\",\"detail\":\(JSONText.quoted(rejection.detail)),\"errors\":[\(errors.joined(separator: ","))]}"
        }
    }
}
