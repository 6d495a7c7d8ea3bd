import Testing

@testable import Scheduling

/// Deliveries of one key in flight, and what their ends leave behind. Played through `KeyState`, whose parts they share.
@Suite struct KeyDeliveriesTests {
    /// A key whose callback, created at 10 and due at 50, is stored and in flight.
    private static func calling() -> KeyScript {
        var script = KeyScript()
        script.create(10, 50, isCallback: true)
        script.answer(.unknown)
        _ = script.write()
        script.handOut()
        return script
    }

    @Test func `A cancel during an attempt waits for its end, and ends the further ones`() {
        var script = Self.calling()
        #expect(script.cancel(20) == "")
        #expect(script.putOff(to: 300) == "write")
        #expect(script.write() == ["record 10@50 cancelled by 20, delete 10@50, settle 20"])
        #expect(script.state == "over")
        #expect(script.counters.cancelled == 1)
    }

    @Test func `A cancel during an attempt that succeeds has come too late`() {
        var script = Self.calling()
        script.cancel(20)
        #expect(script.end(.delivered) == "settle 20, write")
        #expect(script.write() == ["delete 10@50"])
        #expect(script.counters.cancelledNothing == 1)
    }

    @Test func `Of two cancels during an attempt the later one is held`() {
        var script = Self.calling()
        script.cancel(20)
        #expect(script.cancel(21) == "settle 20")
        script.putOff(to: 300)
        #expect(script.write() == ["record 10@50 cancelled by 21, delete 10@50, settle 21"])
    }

    @Test func `A create behind a cancel that an attempt holds is new, with the same time`() {
        var script = Self.calling()
        script.cancel(20)
        #expect(script.create(21, 50) == "place 21@50, write")
        #expect(script.state == "out, pending")
    }

    @Test func `An attempt that was replaced is not made again`() {
        var script = Self.calling()
        script.create(20, 80)
        _ = script.write()
        #expect(script.putOff(to: 300) == "write")
        #expect(script.write() == ["delete 10@50"])
        #expect(script.state == "pending")
    }

    @Test func `A later attempt that a page shows is deleted with the one in flight`() {
        var script = Self.calling()
        script.show(KeyScript.item(KeyScript.schedule(10, 950, attempt: 2, isCallback: true)))
        script.end(.delivered)
        #expect(script.write() == ["delete 10@50, delete 10@950"])
        #expect(script.key.accounts(for: KeyScript.position(10, 950)))
    }

    @Test func `A later attempt that a page shows is overtaken by the next one`() {
        var script = Self.calling()
        script.show(KeyScript.item(KeyScript.schedule(10, 950, attempt: 2, isCallback: true)))
        #expect(script.putOff(to: 300) == "place 10@951, write")
        #expect(script.write() == ["put 10@951, record 10@951, delete 10@50, delete 10@950"])
    }

    @Test func `Of two later attempts the earlier one is deleted at once`() {
        var script = Self.calling()
        script.show(KeyScript.item(KeyScript.schedule(10, 950, attempt: 3, isCallback: true)))
        #expect(script.show(KeyScript.item(KeyScript.schedule(10, 400, attempt: 2, isCallback: true))) == "write")
        #expect(script.write() == ["delete 10@400"])
        script.end(.delivered)
        #expect(script.write() == ["delete 10@50, delete 10@950"])
    }

    @Test func `A retry repeats what its create repeats`() {
        var script = Self.calling()
        script.putOff(to: 300)
        _ = script.write()
        script.handOut()
        #expect(script.create(20, 300) == "place 20@300, write")
        script = Self.calling()
        script.putOff(to: 300)
        _ = script.write()
        script.handOut()
        #expect(script.create(20, 50) == "settle 20")
    }

    @Test func `What has failed is not repeated`() {
        var script = Self.calling()
        script.end(.failed)
        #expect(script.create(20, 50) == "place 20@50, write")
    }

    @Test func `Each of two in flight leaves behind what is its own`() {
        var script = KeySituation.outAndPending.play()
        script.handOut()
        #expect(script.key.deliveries.count == 2)
        #expect(script.end(.failed) == "write")
        #expect(script.write() == ["delete 10@50"])
        #expect(script.end(.failed) == "write")
        #expect(script.write() == ["record 11@80 failed, delete 11@80"])
        #expect(script.state == "over")
    }

    @Test func `An attempt is not made again beside a pending one of the same create`() {
        var script = KeyScript()
        script.show(KeyScript.item(KeyScript.schedule(10, 950, attempt: 2, isCallback: true)), isNew: true)
        script.handOut()
        script.show(KeyScript.item(KeyScript.schedule(10, 50, isCallback: true)))
        #expect(script.putOff(to: 1_000) == "write")
        #expect(script.write() == ["delete 10@950"])
        #expect(script.key.pending?.position == KeyScript.position(10, 50))
    }

    @Test func `An earlier attempt is deleted where a later one is pending`() {
        var script = KeyScript()
        script.show(KeyScript.item(KeyScript.schedule(10, 950, attempt: 2)), isNew: true)
        #expect(script.show(KeyScript.item(KeyScript.schedule(10, 50))) == "write")
        #expect(script.write() == ["delete 10@50"])
        #expect(script.state == "pending")
    }

    @Test(arguments: [(10, 51), (50, 51), (51, 51), (900, 900)] as [(Int64, Int64)])
    func `What is put off stands behind where it stood`(time: Int64, result: Int64) {
        let position = KeyScript.schedule(10, 50).position(putOffTo: EpochMilliseconds(rawValue: time))
        #expect(position == KeyScript.position(10, result))
    }
}
