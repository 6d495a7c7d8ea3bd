internal import CLinux
internal import Glibc

/// Runs calls that block on a thread of their own, so that the cooperative pool stays free.
enum BlockingCall {
    private final class Work {
        let body: () -> Void
        let name: String

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts `body` on a new thread, which ends with it. Whoever starts it waits for what it resumes.
    static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(name: name, body: body)).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { pointer in
            let work = Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue()
            clinux_name_thread(work.name)
            work.body()
            return nil
        }, work)
        precondition(status == 0, "no thread for a blocking call: pthread_create gave \(status)")
        pthread_detach(thread)
    }
}
