internal import CLinux
internal import Glibc
internal import Synchronization

/// A named thread that runs one function, for work that must not wait on the cooperative pool.
///
/// Signals are blocked on it, and so on the threads that it starts. They belong to the main thread, and a write to a
/// closed connection must not end the process (`SIGPIPE`). Two kinds are not blocked: signals that a fault of the
/// thread itself raises, so that a crash is reported, and those of profilers.
package final class NamedThread: Sendable {
    private let handle: Mutex<pthread_t?>

    /// Starts the thread. `name` is cut to 15 bytes, all that Linux keeps.
    ///
    /// - Returns: `nil` if the system cannot start a thread.
    package init?(name: String, body: @escaping @Sendable () -> Void) {
        guard let thread = Self.start(name, body) else { return nil }
        handle = Mutex(thread)
    }

    /// Starts a thread that nobody waits for.
    ///
    /// - Returns: whether the system could start the thread.
    package static func detach(name: String, body: @escaping @Sendable () -> Void) -> Bool {
        guard let thread = start(name, body) else { return false }
        pthread_detach(thread)
        return true
    }

    /// Waits for the function to return. Only the first call waits.
    package func join() {
        let thread = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let thread { pthread_join(thread, nil) }
    }

    /// Identifies the calling thread while it runs.
    package static var currentID: UInt { UInt(pthread_self()) }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t? {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        let open = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT, SIGPROF]
        for signal in open { sigdelset(&blocked, signal) }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            start.release()
            return nil
        }
        return thread
    }
}
