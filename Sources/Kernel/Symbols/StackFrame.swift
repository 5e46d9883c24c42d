/// One call of a stack: the address is all that is always known.
package struct StackFrame: Sendable, Hashable {
    package var address: UInt64
    /// The file that was mapped there: a program or a library.
    package var module: String?
    /// NT_GNU_BUILD_ID of the file, hexadecimal: says which build of it.
    package var buildID: String?
    /// Where in the file's own addresses: what `addr2line -e MODULE` takes.
    package var offset: UInt64?
    package var symbol: String?
    /// Bytes behind the symbol.
    package var symbolOffset: UInt64?
    package var file: String?
    package var line: Int?

    package init(address: UInt64) { self.address = address }

    /// `serve+0x41 (main.c:88)`, `libc.so.6!accept4+0x4e`, `libfoo.so+0x1f30`, `0x7f3a12b0`: as much as is known.
    package var text: String {
        let name = module.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        guard let symbol else {
            guard let name, let offset else { return hex(address) }
            return "\(name)+\(hex(offset))"
        }
        if let name = pythonName(symbol) { return name }
        let place = symbol + (symbolOffset.map { "+\(hex($0))" } ?? "")
        if let file {
            let short = file.split(separator: "/").last.map(String.init) ?? file
            return "\(place) (\(short)\(line.map { ":\($0)" } ?? ""))"
        }
        return name.map { "\($0)!\(place)" } ?? place
    }

    /// `py::serve:/srv/server.py`, as CPython names its functions in a perf map, is `serve (server.py)`.
    private func pythonName(_ symbol: String) -> String? {
        guard symbol.hasPrefix("py::"), let colon = symbol.lastIndex(of: ":") else { return nil }
        let name = symbol[..<colon].dropFirst(4)
        let file = symbol[symbol.index(after: colon)...].split(separator: "/").last ?? ""
        return name.isEmpty || file.isEmpty ? nil : "\(name) (\(file))"
    }

    private func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
