internal import CCurl

/// Dates in header fields.
public enum HTTPDate {
    /// The epoch seconds of a date in one of the forms of HTTP (RFC 9110, section 5.6.7); `nil` for any other text.
    public static func epochSeconds(_ text: String) -> Int64? {
        // libcurl also takes a date without a time, for midnight. Each of HTTP's forms has hh:mm:ss.
        guard text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 2 else { return nil }
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}
