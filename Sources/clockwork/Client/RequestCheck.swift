import Scheduling

/// Checks requests before they are sent, with the decoder that the service itself uses: those of the command line and
/// the lines of a file alike.
///
/// What depends on the service's configuration is left to the service.
enum RequestCheck {
    private static let decoder = RequestDecoder(rules: .ofEveryService)

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
            request.withBytes { key, value in
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
