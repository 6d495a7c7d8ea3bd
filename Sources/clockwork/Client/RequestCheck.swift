import Scheduling

/// Checks requests before they are sent, with the decoder that the service itself uses: those of the command line and
/// the lines of a file alike.
///
/// What depends on the service's configuration (names of its own topics, topics and hosts that it allows, a smaller limit
/// of the payload) is left to the service.
enum RequestCheck {
    /// The most bytes that a payload may have, whatever the service is told.
    static let maxPayloadBytes = 358_400

    private static let decoder = RequestDecoder(
        rules: RequestRules(
            maxPayloadBytes: maxPayloadBytes,
            // No topic has an empty name, so none is taken for one of the service's own.
            topicPolicy: TopicPolicy(intakeTopic: "", deadLetterTopic: ""),
            callbackPolicy: CallbackPolicy(allowsPrivate: true)
        )
    )

    /// Why no service would accept a line of a file, with the names of its fields; `nil` where one may.
    static func refusal(ofLine request: OutgoingRequest) -> Rejection? {
        let asBody = (request.value ?? []).withUnsafeBytes { body -> Rejection? in
            do throws(Rejection) {
                _ = try decoder.decode(body: body)
                return nil
            } catch {
                return error
            }
        }
        return asBody ?? refusal(of: request)
    }

    /// Why no service would accept a request; `nil` where one may.
    static func refusal(of request: OutgoingRequest) -> Rejection? {
        request.headers.withViews { headers in
            lend(request.key) { key in
                lend(request.value) { value in
                    let record = RecordView(offset: 0, key: key, value: value, headers: headers)
                    do throws(Rejection) {
                        _ = try decoder.decode(record)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
        }
    }

    private static func lend<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }
}
