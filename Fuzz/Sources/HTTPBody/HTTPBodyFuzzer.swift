import FuzzSupport

/// The body of a call, a stream of lines, or the target of a call. The first byte chooses.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    switch input.takeByte() {
    case 0: BodyRun.check(input.takeRest(), action: .create)
    case 1: BodyRun.check(input.takeRest(), action: .cancel)
    case 2: BodyRun.checkTarget(input.takeRest())
    default: LinesRun(&input).run()
    }
    return 0
}
