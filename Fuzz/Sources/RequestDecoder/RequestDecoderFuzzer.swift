import FuzzSupport

/// A request in either form, with key and headers, or the body of an HTTP call. The first byte chooses.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    switch input.takeByte() {
    case 0: StructuredRun.body(input.takeRest(), isCancel: false)
    case 1: StructuredRun.body(input.takeRest(), isCancel: true)
    case 2: BinaryRun(&input).run()
    default: StructuredRun.record(&input)
    }
    return 0
}
