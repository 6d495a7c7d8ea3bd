extension KafkaProperties {
    /// Properties that keep every client's connections alive across middleboxes, and notice changes in the cluster.
    ///
    /// Firewalls silently forget an idle connection after as little as 30 s, and balancers close one after a minute or
    /// so. A request on such a connection gets no answer, and librdkafka would wait 60 s for one.
    static let connections: KafkaProperties = [
        "socket.keepalive.enable": "true",
        // How long a request may stay unanswered; a fetch may take its own wait longer.
        "socket.timeout.ms": "10000",
        // How long until new partitions of a topic are noticed.
        "topic.metadata.refresh.interval.ms": "30000",
    ]

    /// How long a connection may be idle before a producer closes it, ahead of others. Not for group members: a join
    /// may wait for longer, and nothing else uses its connection meanwhile.
    static let idleLimit: KafkaProperties = ["connections.max.idle.ms": "25000"]

    /// These properties, overridden by the others.
    func overridden(by others: KafkaProperties) -> KafkaProperties {
        var all = self
        others.forEach { all.set($0, to: $1) }
        return all
    }
}
