internal import Scheduling

/// Bounds the memory of one page: many schedules of the largest size are split into several pages.
struct PageBudget {
    private static let maximumBytes = 16 << 20

    private var bytes = 0

    var isSpent: Bool { bytes >= Self.maximumBytes }

    mutating func spend(_ schedule: Schedule) {
        bytes += (schedule.payload?.count ?? 0) + schedule.headers.packed.count
    }
}
