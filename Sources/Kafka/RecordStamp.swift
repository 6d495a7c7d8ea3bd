/// Distinguishes a record from another one at its offset, such as one of a recreated log.
public struct RecordStamp: Sendable, Hashable {
    /// The record's offset.
    public var offset: Int64
    /// Its timestamp in epoch milliseconds, -1 when it has none.
    public var timestampMilliseconds: Int64
    /// A hash of its key and value, the same in every process.
    public var hash: UInt64

    /// The stamp of a record with this key and value; null differs from empty.
    public init(
        offset: Int64,
        timestampMilliseconds: Int64,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?
    ) {
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        var hash = Self.basis
        Self.add(key, to: &hash)
        Self.add(value, to: &hash)
        self.hash = hash
    }

    // FNV-1a of 64 bits, over words of eight bytes instead of bytes: payloads may be long.
    private static let basis: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01b3

    private static func add(_ bytes: UnsafeRawBufferPointer?, to hash: inout UInt64) {
        guard let bytes else { return add(UInt64.max, to: &hash) }
        add(UInt64(bytes.count), to: &hash)
        var index = 0
        while index + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)), to: &hash)
            index += 8
        }
        var rest: UInt64 = 0
        for (place, byte) in bytes[index...].enumerated() { rest |= UInt64(byte) << (8 * UInt64(place)) }
        if index < bytes.count { add(rest, to: &hash) }
    }

    private static func add(_ word: UInt64, to hash: inout UInt64) {
        hash = (hash ^ word) &* prime
        // The product carries differences upwards only.
        hash ^= hash >> 32
    }
}
