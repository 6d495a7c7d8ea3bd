import CKafka
import Testing

@testable import Kafka

@Suite struct KafkaErrorTests {
    @Test func everyCodeHasAtMostOneMeaningAndNoneTraps() {
        for code in Int32(-300)...300 {
            let error = KafkaError(code: code)
            let meanings = [
                error.isRetriable, error.isFatal, error.isUnknownTopic, error.isRecordRejected,
                error.isNormalDuringRebalance,
            ]
            #expect(meanings.count { $0 } <= 1, "\(error)")
            #expect(!error.name.isEmpty && !error.message.isEmpty)
        }
        let far = KafkaError(code: .min)
        #expect(!far.isRetriable && !far.isFatal && !far.isRecordRejected && !far.description.isEmpty)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_MSG,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
        ].map(\.rawValue)
    )
    func aRecordRefusedForGoodIsNotTakenForAnOutage(code: Int32) {
        #expect(KafkaError(code: code).isRecordRejected)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL,
        ].map(\.rawValue)
    )
    func anOutageIsRetriable(code: Int32) {
        #expect(KafkaError(code: code).isRetriable)
    }

    @Test(
        arguments: [
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__NO_OFFSET,
            RD_KAFKA_RESP_ERR__STATE,
        ].map(\.rawValue)
    )
    func whatARebalanceBringsIsNormal(code: Int32) {
        #expect(KafkaError(code: code).isNormalDuringRebalance)
    }

    @Test func aFatalErrorIsFatalWhateverItsCode() {
        #expect(KafkaError(code: 45, message: nil, isFatal: true).isFatal)
        #expect(!KafkaError(code: 45, message: nil, isFatal: true).isRetriable)
    }

    @Test func durationsBecomeMillisecondsRoundedUp() {
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.microseconds(1).milliseconds == 1)
        #expect(Duration.zero.milliseconds == 0 && Duration.seconds(-5).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
    }
}
