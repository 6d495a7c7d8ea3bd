extension CallbackTarget {
    /// The target as the `delivery` object of a structured request, every member written out but for empty `headers`.
    ///
    /// - Parameter hidesHeaders: whether `***` stands for each header's value, which may be a secret.
    public func json(hidesHeaders: Bool = false) -> String {
        var text = "{\"url\":\(Self.quoted(url.text)),\"method\":\"\(method.rawValue)\""
        if !headers.isEmpty {
            let members = headers.map { "\(Self.quoted($0.name)):\(Self.quoted(hidesHeaders ? "***" : $0.value))" }
            text += ",\"headers\":{\(members.joined(separator: ","))}"
        }
        text += ",\"timeoutMs\":\(timeoutMilliseconds),\"retry\":{\"maxAttempts\":\(retry.maxAttempts)"
        text += ",\"initialBackoffMs\":\(retry.initialBackoffMilliseconds)"
        text += ",\"maxBackoffMs\":\(retry.maxBackoffMilliseconds)},\"ordered\":\(isOrdered)}"
        return text
    }

    /// Reads what ``json(hidesHeaders:)`` has written; `nil` when it is not that.
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

    /// A JSON string of ASCII without control characters other than the tab, which is all that a target holds.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
