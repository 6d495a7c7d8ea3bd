/// What an error means to whoever meets it. `KafkaErrorMeaning.table` has it for each code.
///
/// It says what the brokers have said, not yet what is final: of a topic, a batch or a producer nothing is at first sight.
public enum KafkaErrorMeaning: String, Sendable, CaseIterable {
    /// An outage, an overload or a change of leader: the same call may succeed later, without anyone's help.
    case transient
    /// The group moves on without this call; nothing is wrong with the client.
    case rebalance
    /// The topic or the partition is not there.
    case unknownTopic
    /// The record, or the batch that it shared, is larger than the topic allows.
    case tooLarge
    /// The record, or another one of its batch, is not one that the topic takes.
    case recordRefused
    /// The topic takes nothing that comes now, whatever the record: a missing right, a clock that is off.
    case topicRefuses
    /// The brokers refuse this client: a missing right, a wrong password, a protocol that they do not speak.
    case clientRefused
    /// The log does not have the offset that is to be read.
    case offsetGone
    /// The client is unusable from now on and has to be recreated.
    case fatal
    /// All else: a wrong configuration, a misuse, a code without a name.
    case other
}
