import ClockworkAPI
import ServiceLifecycle

/// The first part of a process to be told of its end: has the API say so, while everything still works.
struct EndNotice: Service {
    let api: HTTPAPI

    func run() async throws {
        try await gracefulShutdown()
        api.announceEnd()
    }
}

/// Stands between the pod and the API: once the pod has ended, the API goes on until balancers have noticed.
struct LastMoment: Service {
    let api: HTTPAPI

    func run() async throws {
        try await gracefulShutdown()
        await api.untilMayEnd()
    }
}
