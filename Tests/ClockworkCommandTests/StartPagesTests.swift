import Testing

@testable import clockwork

@Suite struct StartPagesTests {
    @Test func `Only code of files is given back`() {
        func range(_ line: Substring) -> Range<UInt>? { StartPages.codeOfFile(line) }
        let code = range("55d0c0a00000-55d0c1c00000 r-xp 00d57000 fe:00 1234                       /usr/bin/clock work")
        #expect(code == 0x55d0_c0a0_0000..<0x55d0_c1c0_0000)
        // Addresses that the loader has filled in, what the process has written, what is no file, what can be written.
        #expect(range("55d0c0a00000-55d0c1c00000 r--p 00d57000 fe:00 1234  /usr/bin/clockwork") == nil)
        #expect(range("55d0c0a00000-55d0c1c00000 rw-p 00d57000 fe:00 1234  /usr/bin/clockwork") == nil)
        #expect(range("55d0c0a00000-55d0c1c00000 rwxp 00d57000 fe:00 1234  /usr/bin/clockwork") == nil)
        #expect(range("7ffc0a000000-7ffc0a002000 r-xp 00000000 00:00 0     [vdso]") == nil)
        #expect(range("7ffc0a000000-7ffc0a002000 r-xp 00000000 00:00 0 ") == nil)
        #expect(range("") == nil)
    }
}
