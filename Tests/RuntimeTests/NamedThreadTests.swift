import Glibc
import Runtime
import Testing

@Suite struct NamedThreadTests {
    @Test func `a thread has its name, of which Linux keeps 15 bytes`() async throws {
        let name = await BlockingCall.run(named: "a-name-of-20-letters") {
            let file = open("/proc/thread-self/comm", O_RDONLY)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = read(file, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }
        #expect(name == "a-name-of-20-le\n")
    }

    @Test func `signals are blocked, but for those that a fault raises`() async {
        let blocked = await BlockingCall.run(named: "signals") {
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            return [SIGPIPE, SIGTERM, SIGINT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP].filter { sigismember(&mask, $0) == 1 }
        }
        #expect(blocked == [SIGPIPE, SIGTERM, SIGINT])
    }
}
