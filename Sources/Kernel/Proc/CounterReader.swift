internal import Sockets

/// Reads the kernel's counters out of /proc/net/netstat and /proc/net/snmp: pairs of lines, names and values, each
/// behind the name of its group.
struct CounterReader {
    let inputs: NamespaceInputs

    func read() -> CounterSample? {
        var totals: [String: UInt64] = [:]
        var any = false
        for path in ["/proc/net/netstat", "/proc/net/snmp"] {
            guard let bytes = try? inputs.file(path) else { continue }
            any = true
            Self.parse(ProcText(bytes), into: &totals)
        }
        return any ? CounterSample(totals: totals) : nil
    }

    /// The groups `TcpExt` and `Tcp`; negative values (`MaxConn -1`) are left out.
    static func parse(_ text: ProcText, into totals: inout [String: UInt64]) {
        var names: [ArraySlice<UInt8>] = []
        for line in text.lines {
            let words = ProcText(line).words
            guard let group = words.first, group.elementsEqual("TcpExt:".utf8) || group.elementsEqual("Tcp:".utf8)
            else {
                continue
            }
            if names.isEmpty {
                names = words
                continue
            }
            if names.first == group {
                for (name, value) in zip(names, words).dropFirst() {
                    totals[String(decoding: name, as: UTF8.self)] = ProcText.integer(value)
                }
            }
            names = []
        }
    }
}
