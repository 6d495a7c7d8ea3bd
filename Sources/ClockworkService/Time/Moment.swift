internal import Runtime
internal import Scheduling

/// What a pod's clocks show, as of one look at them.
struct Moment {
    /// The wall clock, by which schedules are due. For a pod that cannot be sure of its place in the group it stands
    /// still, so nothing falls due (design: "Sure of its place").
    var wall: EpochMilliseconds
    /// For pauses and deadlines.
    var uptime: Uptime
    /// Whether the pod is sure of its place.
    var isSure = true
}
