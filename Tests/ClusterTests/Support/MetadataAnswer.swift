import Foundation

/// What brokers say of topics and their partitions: an answer of the Kafka protocol to Metadata, in versions 0 to 13.
///
/// The mock brokers add no partitions to a topic. So a topic has them all from the beginning, and clients see some.
enum MetadataAnswer {
    /// Takes out of an answer the partitions that are not to be seen.
    ///
    /// - Parameters:
    ///   - shown: how many partitions of a topic are seen; of one that is not named, all.
    ///   - head: that of the request.
    static func hide(
        allBut shown: [String: Int],
        in answer: inout Data,
        to head: KafkaRequestHead
    ) {
        var replacements: [(range: Range<Int>, bytes: Data)] = []
        var cursor = head.cursor(in: answer)
        skipBrokers(&cursor, head.version)
        for _ in 0..<cursor.count() {
            cursor.skip(2)
            let name = cursor.text()
            if head.version >= 10 { cursor.skip(16) }
            if head.version >= 1 { cursor.skip(1) }
            let limit = shown[name] ?? .max
            let countAt = cursor.position
            let count = cursor.count()
            let partitionsAt = cursor.position
            var kept = Data()
            var keptCount = 0
            for _ in 0..<count {
                let start = cursor.position
                guard skipPartition(&cursor, head.version) < limit else { continue }
                kept += answer.dropFirst(start).prefix(cursor.position - start)
                keptCount += 1
            }
            if keptCount < count {
                replacements.append((countAt..<partitionsAt, KafkaBytes.count(keptCount, isFlexible: head.isFlexible)))
                replacements.append((partitionsAt..<cursor.position, kept))
            }
            if head.version >= 8 { cursor.skip(4) }
            cursor.skipTags()
        }
        // From behind, so that each is where it was.
        for (range, bytes) in replacements.reversed() { answer.replaceSubrange(range, with: bytes) }
        answer.replaceSubrange(0..<4, with: KafkaBytes.integer(answer.count - 4, 4))
    }

    private static func skipBrokers(_ cursor: inout KafkaCursor, _ version: Int) {
        if version >= 3 { cursor.skip(4) }
        for _ in 0..<cursor.count() {
            cursor.skip(4)
            _ = cursor.text()
            cursor.skip(4)
            if version >= 1 { _ = cursor.text() }
            cursor.skipTags()
        }
        if version >= 2 { _ = cursor.text() }
        if version >= 1 { cursor.skip(4) }
    }

    /// - Returns: the number of the partition.
    private static func skipPartition(_ cursor: inout KafkaCursor, _ version: Int) -> Int {
        cursor.skip(2)
        let number = cursor.integer(4)
        // The leader, and its epoch.
        cursor.skip(version >= 7 ? 8 : 4)
        // Replicas, those in sync, and those that are offline.
        for _ in 0..<(version >= 5 ? 3 : 2) { cursor.skip(4 * cursor.count()) }
        cursor.skipTags()
        return number
    }
}
