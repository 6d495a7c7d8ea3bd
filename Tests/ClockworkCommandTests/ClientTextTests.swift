import Bytes
import ClockworkService
import Scheduling
import ScriptedServer
import Testing

@testable import ClockworkClient
@testable import clockwork

@Suite struct ClientTextTests {
    private static let now = EpochMilliseconds(rawValue: 1_798_131_600_000)

    private func status(_ json: String) throws -> ScheduleStatus {
        try #require(JSONValue(json.utf8).flatMap { ScheduleStatus($0, isFinal: true) })
    }

    private func report(_ json: String) throws -> PartitionReport {
        try #require(JSONValue(json.utf8).flatMap(PartitionReport.init))
    }

    @Test func `a status says what is known`() throws {
        let full = try status(
            #"{"clientId":"shop","scheduleKey":"order-7","orderingKey":"customer-1","scheduleTime":1798131790000,"#
                + #""delivery":{"topic":"order-reminders"},"status":"PENDING","partition":3,"offset":17}"#
        )
        #expect(
            StatusText.lines(full, now: Self.now) == """
                shop/order-7  PENDING
                due           2026-12-24T17:03:10.000Z  (in 3 m)
                delivery      topic order-reminders
                ordering key  customer-1
                request       partition 3, offset 17
                """
        )
        let least = try status(#"{"clientId":"a\u001b[2J","scheduleKey":"k\nl","status":"FAILED"}"#)
        #expect(StatusText.lines(least, now: Self.now) == "a [2J/k l  FAILED")
    }

    @Test(arguments: [
        (0, "now"), (999, "now"), (-999, "now"), (1_000, "in 1 s"), (-59_999, "59 s ago"), (60_000, "in 1 m"),
        (-7_200_000, "2 h ago"), (86_400_000, "in 1 d"), (.min, "106751991167 d ago"),
    ])
    func `a distance has one unit`(milliseconds: Int64, text: String) {
        let instant = EpochMilliseconds(rawValue: milliseconds)
        #expect(StatusText.distance(from: .zero, to: instant) == text)
    }

    @Test func `partitions are a table`() throws {
        let reports = [
            try report(
                #"{"partition":0,"owner":"pod-1","epoch":3,"executedUpTo":1798131590000,"pendingResident":1200,"#
                    + #""committedOffset":88123,"generation":1,"updatedAt":1798131598000}"#
            ),
            try report(#"{"partition":10,"owner":"a-longer-name"}"#),
        ]
        #expect(
            PartitionTable.text(reports, now: Self.now) == """
                PARTITION  OWNER          EPOCH  RESIDENT  GENERATION  COMMITTED  DELIVERED UP TO           UPDATED
                0          pod-1              3      1200           1      88123  2026-12-24T16:59:50.000Z  2 s ago
                10         a-longer-name      -         -           -          -  -                         -
                """
        )
        #expect(PartitionTable.text([], now: Self.now).hasPrefix("PARTITION  OWNER"))
    }

    @Test func `progress is a number and a rate`() {
        #expect(ProgressLine.text(50_000, after: .seconds(4)) == "50000 requests, 12500/s")
        #expect(ProgressLine.text(1, after: .zero) == "1 requests, 1000/s")
    }
}
