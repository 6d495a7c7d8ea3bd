internal import CKafka

/// Owns an `rd_kafka_conf_t` until a client takes it, so that a refused property leaks nothing.
struct KafkaConfiguration: ~Copyable {
    private let conf: OpaquePointer
    private let hasTokens: Bool

    /// A separate configuration from three layers: `defaults`, overridden by the caller's `properties`, overridden by
    /// `required`, which correctness depends on.
    init(
        defaults: KafkaProperties = KafkaProperties(),
        properties: KafkaProperties,
        required: KafkaProperties = KafkaProperties()
    ) throws(KafkaError) {
        conf = rd_kafka_conf_new()
        hasTokens = properties.tokenSource != nil
        for layer in [defaults, properties, required] {
            try layer.forEach { (name, value) throws(KafkaError) in
                try Self.set(name, to: value, in: conf)
            }
        }
        if let source = properties.tokenSource {
            try Self.set("sasl.oauthbearer.config", to: source.name, in: conf)
            source.register(in: conf)
        }
    }

    deinit {
        rd_kafka_conf_destroy(conf)
    }

    /// Lends the pointer, to register callbacks with.
    borrowing func withPointer(_ body: (OpaquePointer) -> Void) {
        body(conf)
    }

    /// Creates a client, which then owns the configuration.
    consuming func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        let message = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
        defer { message.deallocate() }
        message.pointee = 0
        guard let client = rd_kafka_new(type, conf, message, 512) else {
            // librdkafka takes the configuration on success only.
            let code = rd_kafka_last_error()
            rd_kafka_conf_destroy(conf)
            discard self
            throw KafkaError(code, message: String(cString: message))
        }
        if hasTokens, let error = rd_kafka_sasl_background_callbacks_enable(client) {
            // Another mechanism is in use, so no token will be asked for.
            rd_kafka_error_destroy(error)
        }
        discard self
        return client
    }

    private static func set(_ name: String, to value: String, in conf: OpaquePointer) throws(KafkaError) {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
        defer { text.deallocate() }
        text.pointee = 0
        guard rd_kafka_conf_set(conf, name, value, text, 512) != RD_KAFKA_CONF_OK else { return }
        // librdkafka's text quotes the value.
        let reason = KafkaProperties.isSecret(name) ? "the value is not accepted" : String(cString: text)
        throw KafkaError(
            code: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue,
            message: "property \(name): \(reason)",
            refusedProperty: name
        )
    }
}
