internal import HTTPTypes
internal import Scheduling

/// Answers to clients that wait for the outcome of their request.
extension ScheduleCalls {
    /// The definite answer to a request; `nil` if there is none yet.
    static func definiteAnswer(
        _ outcome: StatusReader.Outcome,
        _ request: PreparedRequest,
        _ place: IntakeProducer.Place
    ) -> Answer? {
        request.created == nil ? answer(toCancel: request, outcome, place) : answer(toCreate: request, outcome, place)
    }

    private static func answer(
        toCreate request: PreparedRequest,
        _ outcome: StatusReader.Outcome,
        _ place: IntakeProducer.Place
    ) -> Answer? {
        switch outcome {
        case .unknown, .changedNothing(nil):
            return nil
        case .applied(let standing) where standing.status == .failed:
            return Problem.deliveryFailed(reason: standing.failure).answer
        case .applied(let standing):
            return success(.created, standing.status, request, place)
        case .changedNothing(let standing?):
            // A repeated request is safe. Any other create that changed nothing is in the dead-letter topic and was not
            // carried out, whatever became of an earlier request for the key.
            guard isRepeated(standing, by: request, place) else { return nil }
            guard !request.namesOrderingKey || standing.isOrdered(by: request.record.key) else {
                return Problem.otherOrderingKey.answer
            }
            return success(.ok, standing.status, request, place)
        }
    }

    /// Whether a create that changed nothing repeats this schedule.
    private static func isRepeated(
        _ standing: Standing,
        by request: PreparedRequest,
        _ place: IntakeProducer.Place
    ) -> Bool {
        guard standing.scheduleTime == request.created?.scheduleTime else { return false }
        return switch standing.status {
        case .executed: true
        // In this partition the schedule is being delivered. A schedule that is pending in another partition has taken
        // the key over.
        case .pending: standing.partition == place.partition
        case .cancelled, .failed: false
        }
    }

    private static func answer(
        toCancel request: PreparedRequest,
        _ outcome: StatusReader.Outcome,
        _ place: IntakeProducer.Place
    ) -> Answer? {
        switch outcome {
        case .unknown:
            return nil
        case .changedNothing(nil):
            return Problem.unknownSchedule.answer
        case .applied(let standing), .changedNothing(let standing?):
            switch standing.status {
            case .cancelled:
                return success(.ok, .cancelled, request, place)
            case .pending:
                // Another create followed the cancel, or the schedule is being delivered.
                return standing.isOrdered(by: request.record.key) ? nil : Problem.otherOrderingKey.answer
            case .executed, .failed:
                return Problem.notPending(standing.status).answer
            }
        }
    }

    private static func success(
        _ code: HTTPResponse.Status,
        _ status: ScheduleStatus,
        _ request: PreparedRequest,
        _ place: IntakeProducer.Place
    ) -> Answer {
        Answer(code, json: acceptance(request, place, status: status))
    }
}
