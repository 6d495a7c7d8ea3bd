internal import Scheduling

extension RecordHeaders {
    /// The same headers, with another value for the last one with this name.
    func replacingLast(_ name: String, with text: String) -> RecordHeaders {
        var last = -1
        var count = 0
        forEach { header, _ in
            if header.elementsEqual(name.utf8) { last = count }
            count += 1
        }
        var headers = RecordHeaders()
        var index = 0
        forEach { header, value in
            if index == last {
                Array(text.utf8).withUnsafeBytes { headers.append(name: header, value: $0) }
            } else {
                headers.append(name: header, value: value)
            }
            index += 1
        }
        return headers
    }

    /// The same headers without those with these names.
    func without(_ names: [String]) -> RecordHeaders {
        func isNamed(_ header: UnsafeRawBufferPointer) -> Bool { names.contains { header.elementsEqual($0.utf8) } }
        var isIn = false
        forEach { name, _ in isIn = isIn || isNamed(name) }
        guard isIn else { return self }
        var headers = RecordHeaders()
        forEach { name, value in if !isNamed(name) { headers.append(name: name, value: value) } }
        return headers
    }

    /// The last `count` headers.
    func suffix(_ count: Int) -> RecordHeaders {
        var total = 0
        forEach { _, _ in total += 1 }
        var headers = RecordHeaders()
        var index = 0
        forEach { name, value in
            if index >= total - count { headers.append(name: name, value: value) }
            index += 1
        }
        return headers
    }
}
