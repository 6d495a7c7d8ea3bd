internal import HTTPTypes
internal import Scheduling

/// What became of a request, as an answer to who waits for it.
extension ScheduleCalls {
    /// The definite answer to a request; `nil` where there is none yet.
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
            // Sending again is safe. All else that changes nothing is in the dead-letter topic, and was not carried out,
            // whatever an earlier request of the key has come to.
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
        // It is being delivered; what is pending in another partition has taken over from this one.
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
                // Another create has come behind the cancel, or the schedule is just being delivered.
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
