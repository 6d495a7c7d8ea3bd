import FuzzSupport

/// An answer of DynamoDB, read as each of the things it may be, or a number of the timeline. The first byte chooses.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = FuzzInput(start, count)
    switch input.takeByte() {
    case 0: AnswerRun.value(input.takeRest())
    case 1: AnswerRun.items(input.takeRest())
    case 2: AnswerRun.writes(input.takeRest())
    case 3: AnswerRun.batch(input.takeRest())
    case 4: AnswerRun.error(input.takeRest())
    case 5: LayoutRun.number(String(decoding: input.takeRest(), as: UTF8.self))
    default: LayoutRun.parts(&input)
    }
    return 0
}
