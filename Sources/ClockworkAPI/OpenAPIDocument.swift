/// The API's description, served at `/openapi.json`: the text of `openapi.json` in this folder, taken in when this target
/// is built.
enum OpenAPIDocument {
    static let text = String(decoding: PackageResources.openapi_json, as: UTF8.self)
}
