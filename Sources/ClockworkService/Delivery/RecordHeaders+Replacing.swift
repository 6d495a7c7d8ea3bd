internal import Scheduling

extension RecordHeaders {
    /// The same headers, with text appended to the value of the last one of this name.
    func replacingLast(_ name: String, appending text: String) -> RecordHeaders {
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
                let longer = Array(value ?? UnsafeRawBufferPointer(start: nil, count: 0)) + Array(text.utf8)
                longer.withUnsafeBytes { headers.append(name: header, value: $0) }
            } else {
                headers.append(name: header, value: value)
            }
            index += 1
        }
        return headers
    }
}
