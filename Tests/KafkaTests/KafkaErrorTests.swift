import CKafka
import Testing

@testable import Kafka

@Suite struct KafkaErrorTests {
    /// All codes that the librdkafka at hand knows.
    private var known: [(code: Int32, name: String)] {
        var list: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&list, &count)
        return (0..<count).compactMap { index in
            guard let row = list?[index], let name = row.name, row.desc != nil else { return nil }
            return row.code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : (row.code.rawValue, String(cString: name))
        }
    }

    @Test func `every code of librdkafka stands in the table under its name`() {
        #expect(known.count > 150)
        let names = Dictionary(uniqueKeysWithValues: KafkaErrorMeaning.table.map { ($0.code, $0.name) })
        for (code, name) in known { #expect(names[code] == name, "\(code)") }
    }

    @Test func `the table is in order and has each code once`() {
        let codes = KafkaErrorMeaning.table.map(\.code)
        #expect(codes == Set(codes).sorted())
    }

    @Test func `every code means what the table says, and none traps`() {
        let meanings = Dictionary(uniqueKeysWithValues: KafkaErrorMeaning.table.map { ($0.code, $0.meaning) })
        for code in Int32(-300)...300 {
            let error = KafkaError(code: code)
            #expect(error.meaning == meanings[code] ?? .other, "\(error)")
            #expect(!error.name.isEmpty && !error.message.isEmpty)
        }
        #expect(KafkaError(code: .min).meaning == .other)
    }

    @Test(
        arguments: [
            (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .tooLarge), (RD_KAFKA_RESP_ERR_INVALID_RECORD, .recordRefused),
            (RD_KAFKA_RESP_ERR_POLICY_VIOLATION, .recordRefused),
            (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .topicRefuses),
            (RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, .topicRefuses), (RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, .topicRefuses),
            // A batch that was damaged on its way.
            (RD_KAFKA_RESP_ERR_INVALID_MSG, .transient),
        ] as [(rd_kafka_resp_err_t, KafkaErrorMeaning)]
    )
    func `refusals are distinguished from passing errors`(code: rd_kafka_resp_err_t, meaning: KafkaErrorMeaning) {
        #expect(KafkaError(code: code.rawValue).meaning == meaning)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL,
        ].map(\.rawValue)
    )
    func `an outage is retriable`(code: Int32) {
        #expect(KafkaError(code: code).isRetriable)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__NO_OFFSET,
            RD_KAFKA_RESP_ERR__STATE,
        ].map(\.rawValue)
    )
    func `errors of a rebalance are normal`(code: Int32) {
        #expect(KafkaError(code: code).isNormalDuringRebalance)
    }

    @Test func `a fatal error is fatal, whatever its code`() {
        #expect(KafkaError(code: 45, message: nil, isFatal: true).isFatal)
        #expect(!KafkaError(code: 45, message: nil, isFatal: true).isRetriable)
    }

    @Test func `durations become milliseconds, rounded up`() {
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.microseconds(1).milliseconds == 1)
        #expect(Duration.zero.milliseconds == 0 && Duration.seconds(-5).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
    }
}
