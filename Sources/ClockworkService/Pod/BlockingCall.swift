internal import CLinux
internal import Glibc

/// Runs blocking calls on threads of their own, so that the cooperative pool stays free.
public enum BlockingCall {
    private final class Work {
        let name: String
        let body: () -> Void

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which ends with it, and waits for its result. The thread's name has at most 15
    /// bytes.
    public static func run<Result: Sendable>(
        named name: String,
        _ body: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            start(Work(name: name) { continuation.resume(returning: body()) })
        }
    }

    private static func start(_ work: Work) {
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { pointer in
                let work = Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue()
                clinux_name_thread(work.name)
                work.body()
                return nil
            },
            Unmanaged.passRetained(work).toOpaque()
        )
        precondition(status == 0, "no thread for a blocking call: pthread_create gave \(status)")
        pthread_detach(thread)
    }
}
