import Testing

@testable import Scheduling

@Suite struct KeyTableTests {
    private static func key(_ name: String) -> ScheduleKey { ScheduleKey(clientID: "c", scheduleKey: name) }

    @Test func `A key is found under the number under which it was added`() {
        var table = KeyTable()
        let first = table.findOrAdd(Self.key("a"))
        let second = table.findOrAdd(Self.key("b"))
        #expect(first == (0, true))
        #expect(second == (1, true))
        #expect(table.findOrAdd(Self.key("a")) == (0, false))
        #expect(table.number(of: Self.key("b")) == 1)
        #expect(table.key(1) == Self.key("b"))
        #expect(table.count == 2)
    }

    @Test func `The number of a key that was removed is used again, by one that knows nothing`() {
        var table = KeyTable()
        let (number, _) = table.findOrAdd(Self.key("a"))
        _ = table.findOrAdd(Self.key("b"))
        table[number].asked()
        var steps = KeySteps(partition: 0)
        table[number].created(Script.schedule("a", offset: 0, due: 50), isDue: false, &steps)
        table.remove(number)
        #expect(table.number(of: Self.key("a")) == nil)
        let again = table.findOrAdd(Self.key("c"))
        #expect(again == (number, true))
        #expect(table[number].pending == nil)
        #expect(table.count == 2)
    }

    @Test func `Free numbers are in no list`() {
        var table = KeyTable()
        for name in ["a", "b", "c"] { _ = table.findOrAdd(Self.key(name)) }
        table.remove(1)
        #expect(table.numbers { _ in true } == [0, 2])
        #expect(table.numbers { $0.pending != nil }.isEmpty)
    }
}
