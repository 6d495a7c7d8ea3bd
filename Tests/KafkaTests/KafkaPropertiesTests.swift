import Kafka
import Testing

@Suite struct KafkaPropertiesTests {
    @Test func `a later value replaces the earlier one in its place`() {
        var properties: KafkaProperties = ["a": "1", "b": "2", "a": "3"]
        properties.set("c", to: "4")
        var order: [String] = []
        properties.forEach { name, value in order.append("\(name)=\(value)") }
        #expect(order == ["a=3", "b=2", "c=4"])
        #expect(properties.get("b") == "2" && properties.get("d") == nil)
    }

    @Test func `a secret appears neither in descriptions nor in dumps`() {
        let properties: KafkaProperties = ["sasl.username": "me", "sasl.password": "hunter2"]
        var dumped = ""
        dump(properties, to: &dumped)
        for text in ["\(properties)", String(reflecting: properties), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(properties)".contains("sasl.username=me"))
    }

    @Test(arguments: [
        "sasl.password", "ssl.key.pem", "ssl.keystore.password", "sasl.jaas.config", "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.secret", "some.TOKEN",
    ])
    func `secret names are known`(name: String) {
        #expect(KafkaProperties.isSecret(name))
    }

    @Test func `a refused property is named`() {
        let unknown = #expect(throws: KafkaError.self) {
            try KafkaProducer(properties: ["no.such.thing": "1"], logger: quietLogger)
        }
        #expect(unknown?.refusedProperty == "no.such.thing")
        let wrong = #expect(throws: KafkaError.self) {
            try KafkaConsumer(topic: "t", group: "g", properties: ["session.timeout.ms": "soon"], logger: quietLogger)
        }
        #expect(wrong?.refusedProperty == "session.timeout.ms" && wrong?.message.contains("session.timeout.ms") == true)
    }

    @Test func `a refused secret is named without its value`() {
        let error = #expect(throws: KafkaError.self) {
            try KafkaProducer(properties: ["ssl.key.password.no": "hunter2"], logger: quietLogger)
        }
        #expect(error?.refusedProperty == "ssl.key.password.no")
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func `a configuration that contradicts itself is refused as a whole`() {
        #expect(throws: KafkaError.self) {
            try KafkaProducer(properties: ["max.in.flight": "100"], logger: quietLogger)
        }
    }
}
