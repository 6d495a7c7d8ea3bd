internal import Kafka
internal import Scheduling

extension OutgoingRecord {
    /// Its headers as Kafka takes them.
    func headers(_ deliveredHeaders: DeliveredHeaders) -> KafkaHeaders {
        var headers = KafkaHeaders()
        switch content {
        case .delivery(let schedule):
            schedule.headers.forEach { headers.append(name: $0, value: $1) }
            deliveredHeaders.forEachDeliveredHeader(of: schedule, partition: sender.partition) { name, value in
                headers.append(name: name, value: value)
            }
        case .deadLetter(let letter):
            letter.headers.forEach { headers.append(name: $0, value: $1) }
        }
        return headers
    }
}
