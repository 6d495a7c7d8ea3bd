internal import Bytes
internal import HTTPTransport

extension JSONWriter {
    mutating func value(_ value: AttributeValue) {
        switch value {
        case .string(let text):
            raw("{\"S\":")
            string(text)
        case .number(let text):
            raw("{\"N\":")
            string(text)
        case .binary(let bytes):
            raw("{\"B\":")
            base64(bytes)
        }
        raw("}")
    }

    mutating func item(_ item: Item) {
        var separator: StaticString = "{"
        for attribute in item.attributes {
            raw(separator)
            string(attribute.name)
            raw(":")
            value(attribute.value)
            separator = ","
        }
        raw(item.attributes.isEmpty ? "{}" : "}")
    }
}

extension AnswerReader {
    /// Reads an item. Attributes of other types are left out, so an item that another program wrote to the table can
    /// still be read.
    mutating func readItem() throws(JSONError) -> Item {
        var item: Item = [:]
        try readObject { (reader, name) throws(JSONError) in
            guard let value = try reader.readValue() else { return }
            let name = name.makeString()
            let isRepeated = item.attributes.contains { $0.name.utf8.elementsEqual(name.utf8) }
            guard !isRepeated else { throw reader.otherThanExpected }
            item.append(name, value)
        }
        return item
    }

    mutating func readItems() throws(JSONError) -> [Item] {
        var items: [Item] = []
        try readArray { (reader) throws(JSONError) in items.append(try reader.readItem()) }
        return items
    }

    private mutating func readValue() throws(JSONError) -> AttributeValue? {
        var value: AttributeValue?
        try readObject { (reader, type) throws(JSONError) in
            switch type {
            case "S": value = .string(try reader.readString())
            case "N": value = .number(try reader.readString())
            case "B": value = .binary(try reader.readBase64())
            default: try reader.skipValue()
            }
        }
        return value
    }
}
