extension KafkaProperties {
    /// How the connections of every client survive what lies between it and the brokers, and what changes there.
    ///
    /// Firewalls forget an idle connection after as little as 30 s and say so to nobody, and balancers close one after a
    /// minute or so. What is sent on it then gets no answer, and librdkafka would wait 60 s for one.
    static let connections: KafkaProperties = [
        "socket.keepalive.enable": "true",
        // How long a request may stay without an answer; a fetch its own wait besides.
        "socket.timeout.ms": "10000",
        // After how long new partitions of a topic are seen.
        "topic.metadata.refresh.interval.ms": "30000",
    ]

    /// After how long a producer closes a connection that is idle, before others do. Not for members of a group: a join
    /// may wait for longer than that, and nothing else uses its connection meanwhile.
    static let idleLimit: KafkaProperties = ["connections.max.idle.ms": "25000"]

    /// These properties, and on top of them the others.
    func overridden(by others: KafkaProperties) -> KafkaProperties {
        var all = self
        others.forEach { all.set($0, to: $1) }
        return all
    }
}
