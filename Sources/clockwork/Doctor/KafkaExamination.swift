import ClockworkService
import Kafka
import Logging
import Runtime

/// The brokers, the two topics, the group, the right to read, and whether somebody reads.
struct KafkaExamination {
    let configuration: Configuration
    let patience: Duration

    private var kafka: KafkaConfiguration { configuration.kafka }

    func findings() async -> [Finding] {
        // The questions block.
        let findings = await BlockingCall.run(named: "doctor") { examine() }
        guard findings.last?.subject == Self.reading, findings.last?.verdict == .good else { return findings }
        return await findings + [IntakeBacklog(kafka: kafka, patience: patience).finding()]
    }

    private static let reading = "intake"

    private func examine() -> [Finding] {
        let inspector: KafkaInspector
        let count: Int
        do throws(KafkaError) {
            inspector = try KafkaInspector(
                group: kafka.consumerGroup,
                properties: KafkaProperties(kafka, podName: configuration.podName)
            )
            count = try inspector.brokerCount(timeout: patience)
        } catch {
            let remedy =
                error.refusedProperty.map { "correct the Kafka property \($0)" }
                ?? "see that \(kafka.brokers) can be reached from here, with the right security.protocol and password"
            return [.fault("brokers", error.description, remedy: remedy)]
        }
        var findings: [Finding] = [
            count < 3
                ? .warning("brokers", "\(count) reached", remedy: "run three or more, so that one may fail")
                : .good("brokers", "\(count) reached")
        ]
        let intake = topic(kafka.intakeTopic, "intake topic", inspector)
        findings.append(intake)
        if intake.verdict != .fault, let finding = cleanup(inspector) { findings.append(finding) }
        findings.append(topic(kafka.deadLetterTopic, "dead-letter topic", inspector))
        findings.append(group(inspector))
        if intake.verdict != .fault { findings.append(reading()) }
        return findings
    }

    private func topic(_ name: String, _ subject: String, _ inspector: KafkaInspector) -> Finding {
        do throws(KafkaError) {
            guard let topic = try inspector.topic(name, timeout: patience) else {
                return .fault(
                    subject,
                    "\(name) does not exist, or may not be seen",
                    remedy: "create it, and allow this user to describe it"
                )
            }
            guard topic.leaderless.isEmpty else {
                let list = topic.leaderless.map(String.init).joined(separator: ", ")
                return .fault(subject, "\(name) has no leader for \(list)", remedy: "bring the missing brokers back")
            }
            let partitions = topic.partitions == 1 ? "1 partition" : "\(topic.partitions) partitions"
            guard topic.replicas > 1 else {
                return .warning(
                    subject,
                    "\(name), \(partitions), 1 replica",
                    remedy: "keep three replicas: a lost broker loses what is in it"
                )
            }
            return .good(subject, "\(name), \(partitions), \(topic.replicas) replicas")
        } catch {
            return .fault(
                subject,
                "\(name): \(error)",
                remedy: "allow this user to describe, read and write the topic (kafka-acls --operation All)"
            )
        }
    }

    /// Whether the intake loses records to compaction; `nil` where all is well, or the brokers do not know the question.
    private func cleanup(_ inspector: KafkaInspector) -> Finding? {
        do throws(KafkaError) {
            let policy = try inspector.cleanupPolicy(ofTopic: kafka.intakeTopic, timeout: patience)
            guard policy.isCompacting else { return nil }
            return .fault(
                "intake cleanup",
                "\(kafka.intakeTopic) is compacted (cleanup.policy=\(policy.text)), which loses requests",
                remedy: "set cleanup.policy=delete (kafka-configs --alter --entity-type topics)"
            )
        } catch  where error.isUnsupported {
            return nil
        } catch {
            return .warning(
                "intake cleanup",
                "\(kafka.intakeTopic): \(error)",
                remedy: "see that cleanup.policy is delete, and allow this user DescribeConfigs on the topic"
            )
        }
    }

    private func group(_ inspector: KafkaInspector) -> Finding {
        do throws(KafkaError) {
            try inspector.checkGroup(topic: kafka.intakeTopic, timeout: patience)
            return .good("consumer group", "\(kafka.consumerGroup) may be used")
        } catch {
            return .fault(
                "consumer group",
                "\(kafka.consumerGroup): \(error)",
                remedy: "allow this user to read the group (kafka-acls --operation Read --group)"
            )
        }
    }

    /// Reads up to the intake's end, from there.
    private func reading() -> Finding {
        let deadline = ContinuousClock.now + patience
        // A broker with nothing to tell of a partition would say so only when the wait of the fetch is over.
        var properties = KafkaProperties(kafka)
        properties.set("fetch.wait.max.ms", to: "10")
        do throws(KafkaError) {
            let reader = try KafkaReader(
                topic: kafka.intakeTopic,
                from: .end,
                properties: properties,
                logger: Logger(label: "clockwork", factory: { _ in SwiftLogNoOpLogHandler() }),
                timeout: patience
            )
            while !reader.isAtEnd {
                let rest = deadline - .now
                guard rest > .zero else {
                    return .fault(
                        Self.reading,
                        "not every partition answers",
                        remedy: "see that every broker's advertised address can be reached from here"
                    )
                }
                try reader.poll(timeout: rest) { _ in }
            }
            return .good(Self.reading, "can be read")
        } catch {
            return .fault(
                Self.reading,
                "\(error)",
                remedy: "allow this user to read the topic (kafka-acls --operation Read --topic)"
            )
        }
    }
}
