import ClockworkService
import Scheduling
import Testing

@testable import ClockworkAPI

/// When an answer about a key is final.
@Suite struct KeyInquiryTests {
    private static func view(_ partitions: [Int32: (end: Int64?, committed: Int64?)]) -> OwnerView {
        OwnerView(
            partitions: partitions.mapValues { partition in
                OwnerView.Partition(
                    end: partition.end,
                    committed: partition.committed.map { LogOffset(generation: 0, offset: $0) }
                )
            }
        )
    }

    private static func lookup(_ partition: Int32, isPending: Bool) -> KeyLookup {
        KeyLookup(
            record: KeyRecord(
                state: .latest,
                partition: partition,
                position: Position(time: .zero, offset: 0),
                requestOffset: 0,
                orderingKey: "o",
                target: .topic("t")
            ),
            isPending: isPending
        )
    }

    @Test func `with every owner at the end the first word is final`() {
        let inquiry = Asked(KeyInquiry(asOf: Self.view([0: (7, 7), 1: (0, nil)])))
        #expect(inquiry.found(.unknown))
    }

    @Test func `a pending schedule needs its own partition alone, all else needs every one`() {
        let view = Self.view([0: (7, 7), 1: (5, 4)])
        #expect(Asked(KeyInquiry(asOf: view)).found(Self.lookup(0, isPending: true)))
        for word in [KeyLookup.unknown, Self.lookup(0, isPending: false), Self.lookup(1, isPending: true)] {
            #expect(!Asked(KeyInquiry(asOf: view)).found(word))
        }
    }

    @Test func `the end counts as it was when the question came`() {
        let inquiry = Asked(KeyInquiry(asOf: Self.view([0: (7, 6)])))
        #expect(!inquiry.found(.unknown))
        #expect(!inquiry.ownersAt(Self.view([0: (9, 6)])))
        #expect(inquiry.ownersAt(Self.view([0: (9, 7)])))
        #expect(inquiry.found(.unknown))
    }

    @Test func `a partition that does not answer has not been passed`() {
        let inquiry = Asked(KeyInquiry(asOf: Self.view([0: (nil, 7)])))
        #expect(!inquiry.found(.unknown))
        #expect(!inquiry.ownersAt(Self.view([:])))
        #expect(!inquiry.found(.unknown))
        #expect(!inquiry.ownersAt(Self.view([0: (9, 8)])))
        #expect(inquiry.ownersAt(Self.view([0: (9, 9)])))
        #expect(inquiry.found(.unknown))
    }

    @Test func `a partition that was added since is waited for as well`() {
        let inquiry = Asked(KeyInquiry(asOf: Self.view([0: (7, 7)])))
        #expect(!inquiry.found(Self.lookup(1, isPending: true)))
        #expect(!inquiry.ownersAt(Self.view([0: (7, 7), 1: (2, 1)])))
        #expect(!inquiry.found(Self.lookup(1, isPending: true)))
        #expect(inquiry.ownersAt(Self.view([0: (7, 7), 1: (2, 2)])))
        #expect(inquiry.found(Self.lookup(1, isPending: true)))
    }

    @Test func `a commit ahead of the end is of a log that is no more`() {
        let inquiry = Asked(KeyInquiry(asOf: Self.view([0: (3, 1_000)])))
        #expect(!inquiry.found(.unknown))
        #expect(inquiry.ownersAt(Self.view([0: (3, 3)])))
    }

    @Test func `what became of a request needs its own partition, whatever is pending elsewhere`() {
        let inquiry = Asked(KeyInquiry(about: 4, in: 1))
        #expect(!inquiry.ownersAt(Self.view([0: (9, 9), 1: (5, 4)])))
        #expect(!inquiry.found(Self.lookup(0, isPending: true)))
        #expect(inquiry.ownersAt(Self.view([0: (9, 9), 1: (5, 5)])))
        #expect(inquiry.found(Self.lookup(0, isPending: true)))
    }

    /// All orders in which two API pods can write and ask, and the owners can apply, commit, deliver, and give a partition to
    /// another owner, which begins where the group has committed.
    @Test func `no order of two API pods and the owners brings forth an answer older than its question`() {
        var explorer = AnswerExplorer()
        explorer.explore()
        #expect(explorer.staleAnswers == [])
        // It would have found one: answers come, early ones and late ones.
        #expect(explorer.finalAnswers > 100)
        #expect(explorer.answersAfterHandover > 100)
        #expect(explorer.states > 10_000)
    }
}

/// An inquiry in one place, as an expectation can ask it.
private final class Asked {
    private var inquiry: KeyInquiry

    init(_ inquiry: KeyInquiry) {
        self.inquiry = inquiry
    }

    func found(_ lookup: KeyLookup) -> Bool { inquiry.found(lookup) }

    func ownersAt(_ view: OwnerView) -> Bool { inquiry.ownersAt(view) }
}

/// Walks through every state of a small world in which requests for one key are written to two partitions.
private struct AnswerExplorer {
    private enum Request: Hashable { case create, cancel }

    private struct Question: Hashable {
        /// How many records each partition had when it came.
        var ends: [Int]
        /// The commits of a view whose ends have not been asked for yet.
        var commits: [Int]?
        var inquiry: Inquiry?
    }

    /// `KeyInquiry` as it can be compared: what it was told, in order.
    private struct Inquiry: Hashable {
        var views: [[Int32: [Int]]]
        var mayBeFinal: Bool
    }

    private struct World: Hashable {
        var logs: [[Request]] = [[], []]
        /// What the store has of each partition, how far its present owner has come, and what is committed.
        var applied = [0, 0]
        var position = [0, 0]
        var committed = [0, 0]
        /// Whether a partition has been given to another owner: once, to keep the world small.
        var hasHandedOver = false
        /// The partition of the pending schedule in the store, and that of the latest create applied.
        var pending: Int32?
        var latest: Int32?
        /// The question of one API pod. Questions change nothing, so what one sees is what any would see beside others;
        /// requests come from every pod at any time.
        var question: Question?
        var hasAsked = false
    }

    private(set) var staleAnswers: Set<String> = []
    private(set) var finalAnswers = 0
    private(set) var answersAfterHandover = 0
    private(set) var states = 0
    private static let maxRecords = 3

    mutating func explore() {
        var seen: Set<World> = []
        var open = [World()]
        while let world = open.popLast() {
            guard seen.insert(world).inserted else { continue }
            states += 1
            open += next(world)
        }
    }

    private mutating func next(_ world: World) -> [World] {
        var worlds: [World] = []
        for partition in 0..<2 {
            if world.logs.map(\.count).reduce(0, +) < Self.maxRecords {
                for request in [Request.create, .cancel] {
                    var next = world
                    next.logs[partition].append(request)
                    worlds.append(next)
                }
            }
            if world.position[partition] < world.logs[partition].count {
                worlds.append(applying(world, Int32(partition)))
            }
            if world.committed[partition] < world.position[partition] {
                var next = world
                next.committed[partition] += 1
                worlds.append(next)
            }
            if !world.hasHandedOver, world.committed[partition] < world.position[partition] {
                var next = world
                next.position[partition] = world.committed[partition]
                next.hasHandedOver = true
                worlds.append(next)
            }
        }
        if world.pending != nil {
            var next = world
            next.pending = nil
            worlds.append(next)
        }
        return worlds + asking(world)
    }

    /// Rule "Same key, same partition": a create takes the key over, a cancel ends what its own partition holds. What an
    /// owner reads again, the store has already.
    private func applying(_ world: World, _ partition: Int32) -> World {
        var next = world
        let position = next.position[Int(partition)]
        next.position[Int(partition)] += 1
        guard position == next.applied[Int(partition)] else { return next }
        switch next.logs[Int(partition)][position] {
        case .create: (next.pending, next.latest) = (partition, partition)
        case .cancel: if next.pending == partition { next.pending = nil }
        }
        next.applied[Int(partition)] += 1
        return next
    }

    /// What a question does next: it comes, asks how far the owners are, reads the store.
    private mutating func asking(_ world: World) -> [World] {
        var next = world
        guard let question = world.question else {
            guard !world.hasAsked else { return [] }
            next.hasAsked = true
            next.question = Question(ends: world.logs.map(\.count))
            return [next]
        }
        var worlds: [World] = []
        if let commits = question.commits {
            let told = [Int32(0): [world.logs[0].count, commits[0]], 1: [world.logs[1].count, commits[1]]]
            next.question?.commits = nil
            if var inquiry = Self.inquiry(question.inquiry) {
                if inquiry.ownersAt(Self.view(told)) {
                    next.question?.inquiry?.views.append(told)
                    next.question?.inquiry?.mayBeFinal = true
                }
            } else {
                next.question?.inquiry = Inquiry(views: [told], mayBeFinal: true)
            }
            return [next]
        }
        if question.inquiry?.mayBeFinal != true {
            next.question?.commits = world.committed
            worlds.append(next)
        }
        if question.inquiry?.mayBeFinal == true, var inquiry = Self.inquiry(question.inquiry) {
            next = world
            if inquiry.found(lookup(world)) {
                finalAnswers += 1
                if world.hasHandedOver { answersAfterHandover += 1 }
                check(world, question)
                next.question = nil
            } else {
                next.question?.inquiry?.mayBeFinal = false
            }
            worlds.append(next)
        }
        return worlds
    }

    private func lookup(_ world: World) -> KeyLookup {
        guard let latest = world.pending ?? world.latest else { return .unknown }
        let record = KeyRecord(
            state: .latest,
            partition: latest,
            position: Position(time: .zero, offset: 0),
            requestOffset: 0,
            orderingKey: "o",
            target: .topic("t")
        )
        return KeyLookup(record: record, isPending: world.pending != nil)
    }

    /// The store shows all that the intake held when the question came; of a pending schedule, all that its partition held.
    private mutating func check(_ world: World, _ question: Question) {
        let partitions = world.pending.map { [Int($0)] } ?? [0, 1]
        for partition in partitions where world.applied[partition] < question.ends[partition] {
            staleAnswers.insert("partition \(partition): \(world)")
        }
    }

    private static func inquiry(_ told: Inquiry?) -> KeyInquiry? {
        guard let told else { return nil }
        var inquiry = KeyInquiry(asOf: view(told.views[0]))
        for later in told.views.dropFirst() { _ = inquiry.ownersAt(view(later)) }
        return inquiry
    }

    private static func view(_ told: [Int32: [Int]]) -> OwnerView {
        OwnerView(
            partitions: told.mapValues {
                OwnerView.Partition(end: Int64($0[0]), committed: LogOffset(generation: 0, offset: Int64($0[1])))
            }
        )
    }
}
