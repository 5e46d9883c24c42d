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

    /// No connection of MPTCP was ever asked for from here or from elsewhere; `false` too where the kernel does not count
    /// both.
    static func isUnusedMPTCP(_ text: ProcText) -> Bool {
        var totals: [String: UInt64] = [:]
        parse(text, groups: ["MPTcpExt:"], into: &totals)
        return totals["MPCapableSYNRX"] == 0 && totals["MPCapableSYNTX"] == 0
    }

    /// Negative values (`MaxConn -1`) are left out.
    static func parse(
        _ text: ProcText, groups: [String] = ["TcpExt:", "Tcp:"], into totals: inout [String: UInt64]
    ) {
        var names: [ArraySlice<UInt8>] = []
        for line in text.lines {
            guard groups.contains(where: { line.starts(with: $0.utf8) }) else { continue }
            let words = ProcText(line).words
            if names.isEmpty {
                names = words
                continue
            }
            if names.first == words.first {
                for (name, value) in zip(names, words).dropFirst() {
                    totals[String(decoding: name, as: UTF8.self)] = ProcText.integer(value)
                }
            }
            names = []
        }
    }
}
