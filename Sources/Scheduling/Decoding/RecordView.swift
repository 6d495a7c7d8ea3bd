/// An intake record, borrowed from its reader. Every pointer is valid only during the call that the view is passed to.
public struct RecordView {
    /// The record's offset in its partition.
    public var offset: Int64
    /// The record key; `nil` for a null key.
    public var key: UnsafeRawBufferPointer?
    /// The record value; `nil` for a null value.
    public var value: UnsafeRawBufferPointer?
    /// The headers in order, repeats included.
    public var headers: [HeaderView]

    /// A view from its parts.
    public init(
        offset: Int64,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        headers: [HeaderView] = []
    ) {
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// One header of a ``RecordView``, borrowed like the rest of it.
public struct HeaderView {
    /// The name, as it came.
    public var name: UnsafeRawBufferPointer
    /// The value; `nil` for a null value.
    public var value: UnsafeRawBufferPointer?

    /// A view from its parts.
    public init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        self.name = name
        self.value = value
    }
}
