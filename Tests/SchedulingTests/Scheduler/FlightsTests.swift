import Testing

@testable import Scheduling

@Suite struct FlightsTests {
    private let record = Script.schedule("a", offset: 0, due: 50, bytes: 10)
    private let callback = Script.schedule("b", offset: 1, due: 50, bytes: 20, target: Script.callback)

    @Test func `Topics and callbacks are counted apart, and weigh what they carry`() {
        var flights = Flights()
        let first = flights.takeOff(record, key: 3)
        let second = flights.takeOff(callback, key: 4)
        #expect((flights.topicCount, flights.callbackCount, flights.bytes) == (1, 1, 30))
        #expect(flights.land(first).key == 3)
        #expect((flights.topicCount, flights.callbackCount, flights.bytes) == (0, 1, 20))
        #expect(flights.land(second).schedule === callback)
        #expect((flights.count, flights.bytes) == (0, 0))
    }

    @Test func `A token names one delivery until that has landed, and is used again then`() {
        var flights = Flights()
        let first = flights.takeOff(record, key: 3)
        let second = flights.takeOff(callback, key: 4)
        #expect(first != second)
        _ = flights.land(first)
        let third = flights.takeOff(record, key: 5)
        #expect(third == first)
        #expect(flights[third].key == 5)
        #expect(flights[second].key == 4)
        #expect(flights.slots.count == 2)
    }

    @Test func `Why a delivery has failed is noted`() {
        var flights = Flights()
        let first = flights.takeOff(record, key: 3)
        let second = flights.takeOff(callback, key: 4)
        flights.noteFailure(first, "gone")
        flights.noteFailure(second, "gone")
        let failed = flights[first].schedule.retry
        #expect(failed == Retry(scheduleTime: record.scheduleTime, attempt: 1, failure: "gone"))
        let retry = flights[second].schedule.retry
        #expect(retry == Retry(scheduleTime: callback.scheduleTime, attempt: 1, failure: "gone"))
        #expect(flights[second].schedule.position == callback.position)
        #expect(flights.bytes == 30)
    }
}
