internal import ClockworkService

/// Writes one JSON object, member by member.
struct JSONObject {
    private var members = ""

    /// The object so far.
    var text: String { "{\(members)}" }

    mutating func add(_ name: String, _ value: String) {
        add(name, json: JSONText.quoted(value))
    }

    mutating func add(_ name: String, _ value: some BinaryInteger) {
        add(name, json: String(value))
    }

    /// Adds a member whose value is JSON already.
    mutating func add(_ name: String, json: String) {
        if !members.isEmpty { members += "," }
        members += JSONText.quoted(name) + ":" + json
    }
}
