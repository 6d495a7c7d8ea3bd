import Kafka
import KafkaFaults
import Testing

@Suite struct GroupTests {
    @Test func `members share a partition set cooperatively`() async throws {
        let cluster = try LocalKafka(topics: ["t": 6])
        let all = Set<Int32>(0..<6)
        let first = try TestMember(cluster, topic: "t")
        try await wait("the first member to own everything", step: first.poll) { first.held == all }

        let second = try TestMember(cluster, topic: "t")
        var members = [first, second]
        func step() throws {
            for member in members { try member.poll() }
            let held = members.flatMap(\.held)
            try #require(Set(held).count == held.count, "a partition has two owners")
        }
        try await wait("two members to share", step: step) { members.allSatisfy { $0.held.count == 3 } }
        #expect(first.revocations().count == 3, "only what moves is revoked")

        members.append(try TestMember(cluster, topic: "t"))
        try await wait("three members to share", step: step) { members.allSatisfy { $0.held.count == 2 } }
        #expect(first.revocations().count == 4 && second.revocations().count == 1)
        #expect(members.flatMap { $0.lost() }.isEmpty)
        #expect(Set(members.map(\.consumer.groupGeneration)).count == 1)
        #expect((first.consumer.groupGeneration ?? 0) >= 3)

        members[2].consumer.close()
        members.removeLast()
        try await wait("two members to share again", step: step) { members.allSatisfy { $0.held.count == 3 } }
        first.consumer.close()
        members.removeFirst()
        try await wait("the last member to own everything", step: step) { second.held == all }
        #expect(!second.consumer.poll(maxRecords: 1, onRecord: { _ in }, onEvent: { _ in }))
        second.consumer.close()
    }

    @Test func `a revocation may wait longer than the session and is answered partition by partition`() async throws {
        let cluster = try LocalKafka(topics: ["t": 4])
        let first = try TestMember(cluster, topic: "t", ["max.poll.interval.ms": "60000"])
        try await wait("the first member", step: first.poll) { first.held.count == 4 }
        first.answersRevocations = false
        let second = try TestMember(cluster, topic: "t", ["max.poll.interval.ms": "60000"])
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("the revocation", step: step) { first.revoked.count == 2 }
        let moving = first.revoked.sorted()

        // Longer than the session: were heartbeats not sent meanwhile, the coordinator would drop the member.
        let generation = first.consumer.groupGeneration
        let end = ContinuousClock.now + .seconds(6)
        try await wait("the session to pass", step: step) { ContinuousClock.now >= end }
        #expect(first.lost().isEmpty && first.consumer.groupGeneration == generation)
        #expect(second.held.isEmpty)

        // A commit that precedes the answer reaches the group before the next owner asks.
        try first.consumer.commit([moving[0]: GroupOffset(offset: 7), moving[1]: GroupOffset(offset: 9)])
        try first.consumer.completeRevocation([moving[0]])
        let later = ContinuousClock.now + .seconds(1)
        try await wait("some heartbeats", step: step) { ContinuousClock.now >= later }
        #expect(second.held.isEmpty, "half an answer is none")
        try first.consumer.completeRevocation([moving[1]])
        first.held.subtract(moving)
        try await wait("the second member", step: step) { second.held == Set(moving) }
        let offsets = try await second.consumer.committedOffsets(of: moving)
        #expect(moving.map { offsets[$0]?.offset } == [7, 9])
        first.consumer.close()
        second.consumer.close()
    }

    @Test func `a member knows how long its coordinator still counts it`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        // Rarer heartbeats than are wise: two of them do not fit into a session.
        let properties: KafkaProperties = ["session.timeout.ms": "5000", "heartbeat.interval.ms": "3000"]
        let member = try TestMember(cluster, topic: "t", properties)
        #expect(member.consumer.sessionTimeout == .seconds(5))
        #expect(!member.consumer.isWithinSession, "it is no member yet")
        try await wait("the member", step: member.poll) { member.held.count == 2 }
        let end = ContinuousClock.now + .seconds(8)
        try await wait("some heartbeats", step: member.poll) {
            #expect(member.consumer.isWithinSession)
            return ContinuousClock.now >= end
        }
        try cluster.takeDown()
        try await wait("the end of the session", step: member.poll) { !member.consumer.isWithinSession }
        try await wait("the loss", step: member.poll) { member.lost() == [0, 1] }
        try cluster.bringUp()
        try await wait("the member's return", step: member.poll) {
            member.held.count == 2 && member.consumer.isWithinSession
        }
        member.consumer.close()
    }

    @Test func `a session that times out is reported as lost, and the member comes back`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let member = try TestMember(cluster, topic: "t")
        try await wait("the member", step: member.poll) { member.held.count == 2 }
        try cluster.takeDown()
        try await wait("the loss", step: member.poll) { member.lost() == [0, 1] }
        #expect(member.revocations().isEmpty && member.held.isEmpty)
        #expect(member.events.contains { if case .error(let error) = $0 { error.isRetriable } else { false } })
        try cluster.bringUp()
        try await wait("the return", step: member.poll) { member.held.count == 2 }
        member.consumer.close()
    }

    @Test func `a membership that ends during an unanswered revocation is reported as lost`() async throws {
        let cluster = try LocalKafka(topics: ["t": 4])
        let first = try TestMember(cluster, topic: "t")
        try await wait("the first member", step: first.poll) { first.held.count == 4 }
        first.answersRevocations = false
        let second = try TestMember(cluster, topic: "t")
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("the revocation", step: step) { first.revoked.count == 2 }
        let moving = first.revoked.sorted()
        // UNKNOWN_MEMBER_ID to whoever beats next; both get several, so the first member gets one.
        cluster.failNext(.heartbeat, codes: Array(repeating: 25, count: 6))
        try await wait("the loss", step: step) { first.lost() == moving }
        first.answersRevocations = true
        try await wait("a full house", step: step) {
            first.held.union(second.held).count == 4 && first.held.isDisjoint(with: second.held)
        }
        first.consumer.close()
        second.consumer.close()
    }

    @Test func `closing answers a revocation that nobody has answered`() async throws {
        let cluster = try LocalKafka(topics: ["t": 4])
        let first = try TestMember(cluster, topic: "t")
        try await wait("the first member", step: first.poll) { first.held.count == 4 }
        first.answersRevocations = false
        let second = try TestMember(cluster, topic: "t")
        try await wait(
            "the revocation",
            step: {
                try first.poll(); try second.poll()
            }
        ) { first.revoked.count == 2 }
        first.consumer.close()
        try await wait("the heir", step: second.poll) { second.held.count == 4 }
        second.consumer.close()
    }

    @Test func `a member that does not read its partitions yet holds up nobody`() async throws {
        let cluster = try LocalKafka(topics: ["t": 4])
        let producer = try TestProducer(cluster)
        for partition in Int32(0)..<4 { try producer.produce("t", partition: partition, value: [1]) }
        try await producer.settle(4)
        let first = try TestMember(cluster, topic: "t")
        first.readsAtOnce = false
        try await wait("the first member", step: first.poll) { first.held.count == 4 }
        let second = try TestMember(cluster, topic: "t")
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("two members to share", step: step) { first.held.count == 2 && second.held.count == 2 }
        try await wait("the second member's records", step: step) { second.records.count == 2 }
        #expect(first.records.isEmpty && first.lost().isEmpty)
        // One begins after the other, and what has gone is passed over.
        let kept = first.held.sorted()
        try first.consumer.assign([kept[0]: 0])
        try await wait("a record", step: step) { first.records.count == 1 }
        try first.consumer.assign(Dictionary(uniqueKeysWithValues: Set(0..<4).subtracting([kept[0]]).map { ($0, 0) }))
        try await wait("another record", step: step) { first.records.count == 2 }
        #expect(first.records.map(\.partition) == kept)
        first.consumer.close()
        second.consumer.close()
    }

    @Test func `a consumer reads, commits, pauses and reports ends`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<100 { try producer.produce("t", partition: Int32(index % 2), value: [UInt8(index)]) }
        try await producer.settle(100)
        let member = try TestMember(cluster, topic: "t")
        try await wait("all records and both ends", step: member.poll) {
            member.records.count == 100 && member.events.contains(.reachedEnd(partition: 0, offset: 50))
                && member.events.contains(.reachedEnd(partition: 1, offset: 50))
        }
        for partition in [Int32(0), 1] {
            #expect(member.records.filter { $0.partition == partition }.map(\.offset) == Array(0..<50))
        }

        let commits =
            [0: GroupOffset(offset: 17, metadata: "text"), 1: GroupOffset(offset: 50)] as [Int32: GroupOffset]
        try member.consumer.commit(commits)
        try await wait("the commit's outcome", step: member.poll) { !member.commits.isEmpty }
        #expect(member.commits.first?.error == nil && member.commits.first?.offsets == [0: 17, 1: 50])
        #expect(try await member.consumer.committedOffsets(of: [0, 1]) == commits)

        try member.consumer.pause([0])
        for index in 0..<20 { try producer.produce("t", partition: Int32(index % 2), value: [200]) }
        try await producer.settle(120)
        try await wait("the partition that is not paused", step: member.poll) {
            member.records.count { $0.partition == 1 } == 60
        }
        #expect(member.records.count { $0.partition == 0 } == 50)
        try member.consumer.resume([0])
        try await wait("the resumed partition", step: member.poll) { member.records.count { $0.partition == 0 } >= 60 }
        #expect(member.records.filter { $0.partition == 0 }.map(\.offset) == Array(0..<60))

        try member.consumer.commit([0: GroupOffset(offset: 60), 1: GroupOffset(offset: 59)])
        member.consumer.close()
        let next = try TestMember(cluster, topic: "t")
        let left = try await next.consumer.committedOffsets(of: [0, 1])
        #expect(left[0]?.offset == 60 && left[1]?.offset == 59, "closing waits for the last commit")
        next.consumer.close()
    }

    @Test func `a partition that was paused and comes back is read again`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let first = try TestMember(cluster, topic: "t")
        try await wait("the first member", step: first.poll) { first.held.count == 2 }
        try first.consumer.pause([0, 1])
        let second = try TestMember(cluster, topic: "t")
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("two members to share", step: step) { first.held.count == 1 && second.held.count == 1 }
        let moved = try #require(second.held.first)
        second.consumer.close()
        try await wait("its return", step: first.poll) { first.held.count == 2 }
        let producer = try TestProducer(cluster)
        for partition in [Int32(0), 1] { try producer.produce("t", partition: partition, value: [1]) }
        try await producer.settle(2)
        try await wait("its record", step: first.poll) { !first.records.isEmpty }
        #expect(first.records.map(\.partition) == [moved], "the other one is still paused")
        first.consumer.close()
    }

    @Test func `a question ends with the task that asked`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let member = try TestMember(cluster, topic: "t")
        try await wait("the member", step: member.poll) { member.held.count == 2 }
        try cluster.takeDown()
        let consumer = member.consumer
        // Far longer than a test may take: only the cancellation can end it.
        let question = Task { try await consumer.committedOffsets(of: [0, 1], timeout: .seconds(600)) }
        question.cancel()
        await #expect(throws: KafkaError.self) { _ = try await question.value }
    }

    @Test func `a commit refused in a rebalance is reported, not thrown`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let member = try TestMember(cluster, topic: "t")
        try await wait("the member", step: member.poll) { member.held.count == 1 }
        // ILLEGAL_GENERATION, which librdkafka does not retry.
        cluster.failNext(.offsetCommit, codes: [22])
        try member.consumer.commit([0: GroupOffset(offset: 0)])
        try await wait("the refusal", step: member.poll) { !member.commits.isEmpty }
        #expect(member.commits.first?.error?.isNormalDuringRebalance == true)
        #expect(member.commits.first?.error?.isRetriable == false)
        #expect(member.commits.first?.offsets == [0: 0])
        member.consumer.close()
    }

    @Test func `offsets are unknown before the first commit, and time out in an outage`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let member = try TestMember(cluster, topic: "t")
        try await wait("the member", step: member.poll) { member.held.count == 2 }
        #expect(try await member.consumer.committedOffsets(of: [1]) == [:])
        try cluster.takeDown()
        await #expect(throws: KafkaError.self) {
            _ = try await member.consumer.committedOffsets(of: [0, 1], timeout: .milliseconds(300))
        }
        try cluster.bringUp()
        member.consumer.close(timeout: .seconds(1))
    }
}
