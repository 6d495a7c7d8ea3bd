import TestSupport

/// Random JSON texts, valid ones and damaged ones.
enum RandomJSON {
    static func value(depth: Int, using random: inout SeededRandom) -> String {
        let space = [" ", "", "", "\n", "\t "].randomElement(using: &random)!
        let count = Int.random(in: 0...3, using: &random)
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return space + "null"
        case 1: return "true" + space
        case 2: return "false"
        case 3: return number(using: &random)
        case 4, 5: return space + string(using: &random) + space
        case 6:
            let elements = (0..<count).map { _ in value(depth: depth - 1, using: &random) }
            return "[" + space + elements.joined(separator: ",") + space + "]"
        default:
            let members = (0..<count).map { index in
                // Foundation refuses a name given twice, which JSON leaves open.
                "\"\(index)\(string(using: &random).dropFirst())" + space + ":"
                    + value(depth: depth - 1, using: &random)
            }
            return "{" + members.joined(separator: "," + space) + "}"
        }
    }

    static func number(using random: inout SeededRandom) -> String {
        let sign = Bool.random(using: &random) ? "-" : ""
        let whole = Bool.random(using: &random) ? "0" : String(Int.random(in: 1...1_000_000, using: &random))
        let fraction = Bool.random(using: &random) ? "." + String(Int.random(in: 0...999, using: &random)) : ""
        let exponent = ["", "e5", "E+3", "e-07"].randomElement(using: &random)!
        return sign + whole + fraction + exponent
    }

    static func string(using random: inout SeededRandom) -> String {
        let pieces = [
            "a", "plain text that is longer than a word", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f",
            "\\r",
            "\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\uDE00", "\\u0001", "{", "]", ",", ":", "\u{7F}",
            "\u{FFFF}",
        ]
        return "\""
            + (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            + "\""
    }

    static func damaged(_ json: String, using random: inout SeededRandom) -> String {
        var scalars = Array(json.unicodeScalars)
        let index = Int.random(in: scalars.indices, using: &random)
        let pieces: [Unicode.Scalar] = [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "u", "\n", "\u{1}", "x", " ",
        ]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: scalars.remove(at: index)
        case 1: scalars[index] = pieces.randomElement(using: &random)!
        default: scalars.insert(pieces.randomElement(using: &random)!, at: index)
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }
}
