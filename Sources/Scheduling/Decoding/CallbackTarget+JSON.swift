internal import Bytes

extension CallbackTarget {
    /// The target as the `delivery` object of a structured request. Every member is written out, except empty
    /// `headers`.
    ///
    /// - Parameter hidesHeaders: whether each header value is replaced by `***`, because it may be a secret.
    public func json(hidesHeaders: Bool = false) -> String {
        JSONWriter.objectText { json in
            json.member("url", url.text)
            json.member("method", method.rawValue)
            if !headers.isEmpty {
                json.member("headers") { json in
                    for header in headers { json.member(header.name, hidesHeaders ? "***" : header.value) }
                }
            }
            json.member("timeoutMs", timeoutMilliseconds)
            json.member("retry") { json in
                json.member("maxAttempts", retry.maxAttempts)
                json.member("initialBackoffMs", retry.initialBackoffMilliseconds)
                json.member("maxBackoffMs", retry.maxBackoffMilliseconds)
            }
            json.member("ordered", isOrdered)
        }
    }

    /// Reads the text that ``json(hidesHeaders:)`` has written; `nil` for any other text.
    public convenience init?(json: String) {
        var json = json
        let target = json.withUTF8 { Self.decode(UnsafeRawBufferPointer($0)) }
        guard let target else { return nil }
        self.init(
            url: target.url,
            method: target.method,
            headers: target.headers,
            timeoutMilliseconds: target.timeoutMilliseconds,
            retry: target.retry,
            isOrdered: target.isOrdered
        )
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> CallbackTarget? {
        var url = FieldValue.absent
        do throws(JSONError) {
            var scanner = JSONScanner(bytes)
            try scanner.enterText()
            var isFirst = true
            while let name = try scanner.nextMember(isFirst: &isFirst) {
                if name == "url" { try scanner.scanText(into: &url) } else { _ = try scanner.scanValue() }
            }
            guard case .text(let text) = url else { return nil }
            var checker = CallbackChecker(form: .structured)
            return checker.target(text, try CallbackFields(delivery: bytes), policy: nil)
        } catch {
            return nil
        }
    }
}
