import Runtime
import Synchronization
import Testing

@Suite struct EventLoopTests {
    private actor Resident {
        nonisolated let loop = EventLoop()
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func isAtHome() -> Bool { loop.isIsolatingCurrentContext() == true }
    }

    @Test func `jobs run on the loop's thread, and no other thread passes for it, even after its end`() async {
        let resident = Resident()
        #expect(resident.loop.isIsolatingCurrentContext() == false)
        resident.loop.start {}
        #expect(await resident.isAtHome())
        #expect(resident.loop.isIsolatingCurrentContext() == false)
        await BlockingCall.run(named: "stop") { resident.loop.stop() }
        // One of several threads that run at a time has the identity of the one that has ended.
        #expect(await BlockingCall.run(named: "later") { Self.passing(for: resident.loop, others: 7) == 0 })
    }

    /// How many of this thread and of `others`, each started by the one before, pass for the loop's.
    private static func passing(for loop: EventLoop, others: Int) -> Int {
        let count = Count()
        if loop.isIsolatingCurrentContext() == true { count.value.add(1, ordering: .relaxed) }
        if others > 0 {
            NamedThread(name: "other") { count.value.add(passing(for: loop, others: others - 1), ordering: .relaxed) }?
                .join()
        }
        return count.value.load(ordering: .relaxed)
    }

    private final class Count: Sendable {
        let value = Atomic(0)
    }

    @Test(.timeLimit(.minutes(1)))
    func `an alarm that is past is a turn at once`() async {
        let loop = EventLoop()
        let turns = AsyncStream<Void>.makeStream()
        loop.start { turns.continuation.yield() }
        // Only the loop's own thread may set it; it does not sleep yet, or wakes for the first turn.
        let resident = Setter(loop: loop)
        await resident.set(epochMilliseconds: 1)
        var iterator = turns.stream.makeAsyncIterator()
        // One turn follows the job, the other the alarm.
        #expect(await iterator.next() != nil)
        #expect(await iterator.next() != nil)
        await BlockingCall.run(named: "stop") { loop.stop() }
    }

    private actor Setter {
        nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(loop: EventLoop) {
            self.loop = loop
        }

        func set(epochMilliseconds: Int64) { loop.setAlarm(epochMilliseconds: epochMilliseconds) }
    }
}
