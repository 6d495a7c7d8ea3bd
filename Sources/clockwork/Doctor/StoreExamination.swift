import ClockworkService
import DynamoDB
import Glibc
import HTTPTransport
import Logging
import ScheduleStores
import Scheduling

/// The store, and the clock that can be read off it.
struct StoreExamination {
    let configuration: Configuration
    let patience: Duration

    /// A schedule is due by this host's clock, so a second that it is off is a second too early or too late. The
    /// store's clock is read in whole seconds.
    private static let tolerance: Int64 = 5

    private var silent: Logger { Logger(label: "clockwork", factory: { _ in SwiftLogNoOpLogHandler() }) }

    func findings() async -> [Finding] {
        switch configuration.store {
        case .sqlite(let path): return await sqlite(path)
        case .dynamoDB(let settings):
            let open: (store: DynamoDBScheduleStore, http: HTTPClient)
            do {
                open = try OpenStore.dynamoDB(settings, configuration, silent)
            } catch {
                return [.fault("store", "\(error)", remedy: "see that this process may start threads")]
            }
            defer { open.http.close() }
            let faults = await open.store.inspectTables(timeout: patience)
            var findings = faults.map { finding(table: $0.table, $0.fault, settings) }
            for table in [settings.scheduleTable, settings.progressTable]
            where !faults.contains(where: { $0.table == table }) {
                findings.append(.good("table \(table)", "there, and may be used"))
            }
            if faults.isEmpty { findings += await logs(open.store) }
            await findings.append(clock(settings, open.http))
            return findings
        }
    }

    private func finding(table: String, _ fault: TableFault, _ settings: DynamoDBConfiguration) -> Finding {
        let subject = "table \(table)"
        switch fault {
        case .unreachable(let reason):
            let address = settings.endpoint ?? RegionalEndpoint.url(service: "dynamodb", region: settings.region)
            return .fault(subject, reason, remedy: "see that \(address) can be reached from here")
        case .refused(let reason):
            return .fault(
                subject,
                reason,
                remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod a role"
            )
        case .missing:
            return .fault(
                subject,
                "does not exist in \(settings.region)",
                remedy: "clockwork tables create, or set AWS_REGION and the tables' names"
            )
        case .notActive(let status):
            return .fault(subject, "is \(status)", remedy: "wait until it is ACTIVE, or restore it")
        case .wrongKeys:
            return .fault(
                subject,
                "has other keys than Clockwork's",
                remedy: "name a table that clockwork tables create has made"
            )
        case .noTimeToLive:
            return .warning(
                subject,
                "keeps key records for ever",
                remedy: "clockwork tables create turns on time to live by the attribute ttl"
            )
        case .denied(let operation):
            // What only the doctor does is no reason for a pod not to work.
            guard operation.hasPrefix("Describe") else {
                return .fault(subject, "\(operation) is not allowed", remedy: "allow dynamodb:\(operation) on it")
            }
            return .warning(
                subject,
                "\(operation) is not allowed, so not everything could be checked",
                remedy: "allow dynamodb:\(operation) on it"
            )
        }
    }

    /// What the progress records say of the logs; nothing where they cannot be read, which other lines tell of.
    private func logs(_ store: some ScheduleStore) async -> [Finding] {
        let progress = try? await store.progress()
        return LogGenerations.finding(progress ?? []).map { [$0] } ?? []
    }

    private func sqlite(_ path: String) async -> [Finding] {
        let subject = "store \(path)"
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard access(path, F_OK) == 0 else {
            // Nothing is created here.
            guard access(folder, W_OK | X_OK) == 0 else {
                let reason = String(cString: strerror(errno))
                return [
                    .fault(
                        subject,
                        "cannot be created: \(reason)",
                        remedy: "set SQLITE_PATH to a file in a folder that this user may write to"
                    )
                ]
            }
            return [.good(subject, "can be created")]
        }
        do {
            let store = try SQLiteScheduleStore(
                path: path,
                keyRetention: configuration.keyRetention,
                logger: silent,
                now: WallClock.now
            )
            defer { store.close() }
            return await [.good(subject, "can be opened")] + logs(store)
        } catch {
            return [
                .fault(
                    subject,
                    "\(error.message)",
                    remedy: "end the other process, or set SQLITE_PATH to a file that is this pod's own"
                )
            ]
        }
    }

    /// Compares this host's time with the `Date` of whatever the store's endpoint answers.
    private func clock(_ settings: DynamoDBConfiguration, _ http: HTTPClient) async -> Finding {
        let url = settings.endpoint ?? RegionalEndpoint.url(service: "dynamodb", region: settings.region)
        let before = Int64(time(nil))
        let request = HTTPRequest(method: "GET", url: "\(url)/", timeout: patience)
        guard let date = try? await http.send(request).header("date").flatMap(HTTPDate.epochSeconds) else {
            return .warning("clock", "the store gives no time to compare with", remedy: "see that the host runs NTP")
        }
        let after = Int64(time(nil))
        let difference = date < before ? date - before : date > after ? date - after : 0
        guard abs(difference) > Self.tolerance else {
            return .good("clock", "within \(Self.tolerance) s of the store's")
        }
        return .fault(
            "clock",
            "\(abs(difference)) s \(difference > 0 ? "behind" : "ahead of") the store's",
            remedy: "set this host's clock by NTP: schedules are due by it"
        )
    }
}
