internal import Glibc
internal import Synchronization

/// A named thread that runs one function, for C libraries whose calls block.
///
/// Every signal is blocked on it, and so on threads it starts: signals belong to the main thread, and writing to a
/// closed connection must not end the process (`SIGPIPE`).
package final class WorkerThread: Sendable {
    private let handle: Mutex<pthread_t?>

    /// Starts the thread. `name` is cut to 15 bytes, all that Linux keeps.
    ///
    /// - Returns: `nil` when the system has no thread to give.
    package init?(name: String, body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var everySignal = sigset_t()
        var before = sigset_t()
        sigfillset(&everySignal)
        pthread_sigmask(SIG_SETMASK, &everySignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.nameThread()
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            start.release()
            return nil
        }
        handle = Mutex(thread)
    }

    /// Waits for the function to return. Only the first call waits.
    package func join() {
        let thread = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let thread { pthread_join(thread, nil) }
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        /// Names the calling thread. glibc's own function for it is hidden from Swift.
        func nameThread() {
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            let name = Array(name.utf8.prefix(15))
            _ = write(file, name, name.count)
            Glibc.close(file)
        }
    }
}
