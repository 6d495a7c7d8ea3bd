import Scheduling

/// One request as it goes to the intake topic.
struct OutgoingRequest: Equatable {
    /// The record key, UTF-8; `nil` where the request does not tell, which is for the service to judge.
    var key: [UInt8]?
    /// The record value.
    var value: [UInt8]?
    /// The record headers.
    var headers = RecordHeaders()
}
