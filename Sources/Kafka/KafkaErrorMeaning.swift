/// The meaning of an error. `KafkaErrorMeaning.table` has it for each code.
///
/// It is what the brokers have said, which need not be final: about a topic, a batch or a producer, a first error never
/// is.
public enum KafkaErrorMeaning: String, Sendable, CaseIterable {
    /// An outage, an overload or a change of leader: the same call may succeed later, without anyone's help.
    case transient
    /// The group continues without this call; nothing is wrong with the client.
    case rebalance
    /// The topic or the partition does not exist.
    case unknownTopic
    /// The record, or the batch that it shared, is larger than the topic allows.
    case tooLarge
    /// The topic refuses the record, or another one of its batch.
    case recordRefused
    /// The topic takes no record at present: a missing right, a wrong clock.
    case topicRefuses
    /// The brokers refuse this client: a missing right, a wrong password, a protocol that they do not speak.
    case clientRefused
    /// The log does not have the offset that is to be read.
    case offsetGone
    /// The client is unusable from now on and has to be recreated.
    case fatal
    /// Any other error: a wrong configuration, a misuse, a code without a name.
    case other
}
