extension StringProtocol {
    /// The text without white space at its ends.
    func trimmed() -> SubSequence {
        guard let end = lastIndex(where: { !$0.isWhitespace }) else { return self[startIndex..<startIndex] }
        return self[...end].drop(while: \.isWhitespace)
    }
}
