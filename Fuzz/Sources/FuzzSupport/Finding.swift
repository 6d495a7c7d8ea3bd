/// Ends the run as a crash, which libFuzzer keeps the input of, where a property does not hold.
public func require(_ holds: @autoclosure () -> Bool, _ property: @autoclosure () -> String) {
    if !holds() { fatalError("does not hold: \(property())") }
}

/// Memory of exactly the bytes it was made of, so that a read before or behind them is seen by the address sanitizer.
public final class ExactBytes {
    private let memory: UnsafeMutableRawBufferPointer?

    /// A copy of `bytes`; `nil` stands for no bytes at all, not for none.
    public init(_ bytes: [UInt8]?) {
        memory = bytes.map { bytes in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            memory.copyBytes(from: bytes)
            return memory
        }
    }

    deinit {
        memory?.deallocate()
    }

    /// The bytes; valid as long as this object.
    public var view: UnsafeRawBufferPointer? { memory.map { UnsafeRawBufferPointer($0) } }
}
