@testable import ClockworkService

extension Setting {
    /// The text of `docs/configuration.md`, which a test holds to it.
    static var document: String {
        """
        # Configuration

        Every setting is an environment variable, or a line of the file that `--config` names. The environment takes
        precedence.

        - A line of the file is `name=value`; the name is the variable's, or the same in lower case with dots for
          underscores (`kafka.brokers`). `#` begins a comment line. An unknown name is an error.
        - An empty value counts as not set. Unknown environment variables are ignored.
        - Durations are written `250ms`, `10s`, `5m`, `12h`, `7d`; booleans `true` or `false`.
        - A value that is missing or not accepted stops the start with exit code 78 and one line that names the variable,
          the value (unless it is a secret) and what is accepted. `clockwork doctor` checks the settings and everything
          they refer to.
        - Secrets appear in no log and no error. To keep them out of the environment, put them into the file of `--config`
          or `KAFKA_PROPERTIES_FILE`.

        | variable | default | meaning | accepted |
        | --- | --- | --- | --- |
        \(all.map(\.row).joined(separator: "\n"))

        Where `AWS_ACCESS_KEY_ID` is not set, the usual AWS chain is asked, in this order: the web identity, the profile,
        the container's credentials, the instance's metadata service of version 2. [Security](security.md#aws) says how
        they are kept fresh.

        Kafka's own properties, such as those of TLS and SASL, are
        [librdkafka's](https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md). Those that correctness
        depends on cannot be changed: the assignment strategy, no automatic commit, no creation of topics, idempotence.

        """
    }

    private var row: String {
        let names = ([name] + aliases).map { "`\($0)`" }.joined(separator: ", ")
        let secret = isSecret ? " (secret)" : ""
        return "| \(names) | \(defaultValue.map { "`\($0)`" } ?? "") | \(Self.cell(meaning))\(secret) "
            + "| \(Self.cell(accepted)) |"
    }

    /// Text that ends no cell and begins no markup.
    private static func cell(_ text: String) -> String {
        text.map { character in
            switch character {
            case "|", "<", ">", "*", "_", "\\": "\\\(character)"
            default: String(character)
            }
        }.joined()
    }
}
