import TestSupport
import Testing

@testable import Scheduling

/// Against a dictionary, with hashes that collide: in their places, in their tags, and wholly.
@Suite struct KeyIndexTests {
    @Test(arguments: [UInt64.max, 0xFFFF_FFFF_0000_0000, 0x7, 0x3_0000_001F, 0])
    func findsWhatIsInIt(mask: UInt64) {
        var random = SeededRandom(seed: mask)
        var index = KeyIndex()
        var hashes: [Int32: UInt64] = [:]
        var free = Array(Int32(0)..<300)
        for _ in 0..<20_000 {
            if let entry = free.last, Bool.random(using: &random) {
                free.removeLast()
                hashes[entry] = UInt64.random(in: 0...UInt64.max, using: &random) & mask
                index.add(entry, hash: hashes[entry]!) { hashes[$0]! }
            } else if let (entry, hash) = hashes.randomElement(using: &random) {
                index.remove(entry, hash: hash) { hashes[$0]! }
                hashes[entry] = nil
                free.append(entry)
                #expect(index.find(hash) { $0 == entry } == nil)
            }
            #expect(index.count == hashes.count)
            if let (entry, hash) = hashes.randomElement(using: &random) {
                #expect(index.find(hash) { $0 == entry } == entry)
            }
        }
        for (entry, hash) in hashes { #expect(index.find(hash) { $0 == entry } == entry) }
    }

    @Test func asksAboutNoOtherHash() {
        var index = KeyIndex()
        index.add(1, hash: 5) { _ in 5 }
        #expect(index.find(5 | 1 << 32) { _ in true } == nil)
        #expect(index.find(5) { _ in true } == 1)
    }
}
