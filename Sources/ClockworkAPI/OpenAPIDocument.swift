/// The description of the API, served at `/openapi.json`. It is the text of `openapi.json` in this folder, embedded
/// when this target is built.
enum OpenAPIDocument {
    static let text = String(decoding: PackageResources.openapi_json, as: UTF8.self)
}
