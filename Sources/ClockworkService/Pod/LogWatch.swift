internal import Kafka
internal import Runtime
internal import Scheduling

/// Starts the checks of partitions' logs: of assigned partitions, of those in doubt, and every few seconds of those
/// being read.
///
/// Used on the pod's event loop only; findings come back through the inbox (`GroupMember.settled`, `looked`).
final class LogWatch {
    /// Partitions whose logs are to be settled.
    struct Settlement {
        var partitions: [Int32]
        var assignment: Int
        /// The lowest end that the log read before can have.
        var readUpTo: Int64
        /// The last knowledge of this pod's own previous owners.
        var known: [Int32: PartitionProgress]
        /// The group generation under which they were assigned.
        var epoch: Int64
    }

    private let settler: LogSettler
    private let looker: LogLooker
    private let podName: String
    private let tasks: TaskRunner
    private let inbox: PodInbox
    /// Whether a routine check without a doubt is in progress.
    private var isOnRound = false
    private var nextRound = Uptime.zero

    /// The time between two rounds, in milliseconds.
    private static let roundInterval: Int64 = 1_000

    init(settler: LogSettler, looker: LogLooker, podName: String, tasks: TaskRunner, inbox: PodInbox) {
        self.settler = settler
        self.looker = looker
        self.podName = podName
        self.tasks = tasks
        self.inbox = inbox
    }

    /// Finds out which logs newly assigned partitions have.
    func settle(_ settlement: Settlement) {
        let assignment = settlement.assignment
        let question = LogSettler.Question(
            partitions: settlement.partitions,
            readUpTo: settlement.readUpTo,
            known: settlement.known,
            epoch: settlement.epoch,
            stillWanted: { [inbox] partitions in
                await inbox.ask { $0.member.stillSettling(partitions, assignment) }
            },
            answer: { [inbox] logs in
                inbox.post { $0.settled(logs, assignment) }
            }
        )
        tasks.start { [settler] in await settler.settle(question) }
    }

    /// Checks the logs of owners that have read something since the last look, when it is time.
    func goRound(now: Moment, _ owners: () -> [PartitionOwner]) {
        guard !isOnRound, now.uptime >= nextRound else { return }
        nextRound = now.uptime.advanced(byMilliseconds: Self.roundInterval)
        let looks = owners().filter { $0.note.takeLook(now: now.uptime) }.map { look($0, now) }
        guard !looks.isEmpty else { return }
        isOnRound = true
        tasks.start { [looker, inbox] in
            let findings = await looker.look(looks)
            inbox.post { $0.looked(findings, doubt: nil) }
        }
    }

    /// The routine check has ended.
    func roundEnded() {
        isOnRound = false
    }

    /// Checks the logs of these owners until their state is known.
    func look(at owners: [PartitionOwner], doubt: Int, now: Moment) {
        let looks = owners.map { look($0, now) }
        tasks.start { [looker, inbox] in
            await looker.look(looks) { partitions in
                await inbox.ask { $0.member.stillDoubted(partitions, doubt) }
            } answer: { findings in
                inbox.post { $0.looked(findings, doubt: doubt) }
            }
        }
    }

    private func look(_ owner: PartitionOwner, _ now: Moment) -> LogLook {
        LogLook(
            owner: owner.number,
            partition: owner.partition,
            progress: owner.progress(podName: podName, now: now),
            latest: owner.note.latest,
            next: owner.nextOffset
        )
    }
}
