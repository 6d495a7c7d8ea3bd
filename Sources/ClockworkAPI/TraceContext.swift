internal import HTTPTypes
internal import Scheduling

/// The [W3C trace context](https://www.w3.org/TR/trace-context-1/) of a call, as headers of the records that the call
/// writes.
///
/// The headers are carried unchanged, like those of a request that is produced to the intake. If a pod has a tracer, it
/// links its spans to the trace. A call has no span of its own that could replace the client's.
enum TraceContext {
    /// The most bytes of either header. The standard asks for at least this many of `tracestate`.
    private static let maxBytes = 512

    /// `traceparent` and, if there is one, `tracestate`. An invalid header is left out. Without a valid `traceparent`,
    /// `tracestate` is left out as well, because the standard then begins a new trace.
    static func headers(of fields: HTTPFields) -> RecordHeaders {
        var headers = RecordHeaders()
        guard let parentName = HTTPField.Name("traceparent"), let stateName = HTTPField.Name("tracestate") else {
            return headers
        }
        let parents = fields[values: parentName]
        guard parents.count == 1, isParent(parents[0]) else { return headers }
        headers.append(name: "traceparent", value: parents[0])
        // The header may come in parts.
        let state = fields[values: stateName].filter { !$0.isEmpty }.joined(separator: ",")
        if !state.isEmpty, isShortText(state) { headers.append(name: "tracestate", value: state) }
        return headers
    }

    /// Whether this is `version-traceid-parentid-flags`, each part in lower-case hex. A version after 00 may have more
    /// text after another dash.
    private static func isParent(_ text: String) -> Bool {
        guard isShortText(text) else { return false }
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.prefix(4).map(\.count) == [2, 32, 16, 2], parts.prefix(4).allSatisfy(isLowerHex) else {
            return false
        }
        guard !parts[0].elementsEqual("ff".utf8), !isZero(parts[1]), !isZero(parts[2]) else { return false }
        return parts.count == 4 || !isZero(parts[0])
    }

    private static func isLowerHex(_ digits: Substring.UTF8View) -> Bool {
        digits.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 || (UInt8(ascii: "a")...UInt8(ascii: "f")) ~= $0
        }
    }

    private static func isZero(_ digits: Substring.UTF8View) -> Bool {
        digits.allSatisfy { $0 == UInt8(ascii: "0") }
    }

    /// Visible ASCII, spaces and tabs, of a bounded length.
    private static func isShortText(_ text: String) -> Bool {
        text.utf8.count <= maxBytes && text.utf8.allSatisfy { 0x20...0x7E ~= $0 || $0 == UInt8(ascii: "\t") }
    }
}
