import Testing

@testable import ClockworkService

/// Topics that are looked up before anything is due for them.
@Suite struct ExpectedDeliveryTests {
    @Test func `a topic that is expected is checked, and its first delivery waits for nothing`() {
        var script = QueuesScript()
        script.expect("a")
        #expect(script.steps() == [.check("a")])
        script.expect("a")
        script.checked("a", exists: true)
        #expect(script.steps() == [])
        script.send([1], to: "a")
        #expect(script.steps() == [.produce(1)])
    }

    @Test func `a delivery that is due before the check has ended goes out when it has`() {
        var script = QueuesScript()
        script.expect("a")
        _ = script.steps()
        script.send([1], to: "a")
        #expect(script.steps() == [])
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(1)])
    }

    @Test func `a topic that is not there yet has until its first delivery is due, and both checks then`() {
        var script = QueuesScript()
        for _ in 0..<3 {
            script.expect("a")
            #expect(script.steps() == [.check("a")])
            script.checked("a", exists: false)
            #expect(script.steps() == [])
        }
        script.send([1], to: "a")
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        script.pass(2_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(1)])
    }
}
