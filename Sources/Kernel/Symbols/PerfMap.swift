internal import Glibc

/// Where a runtime put the code that it compiled while it ran: `/tmp/perf-PID.map`, lines of `START SIZE NAME`, hexadecimal
/// (tools/perf/Documentation/jit-interface.txt). Node, Java agents and CPython write it when they are asked to.
struct PerfMap {
    private var starts: [(start: UInt64, size: UInt64, name: String)] = []

    /// Larger ones are not read.
    private static let limit = 64 << 20

    /// `nil` where the process has none. A process in a container has its own /tmp, and knows itself by another number.
    init?(of pid: Int32) {
        let inside =
            (try? readFile("/proc/\(pid)/status")).flatMap { ProcText($0).value(of: "NSpid")?.last }
            .map { String(decoding: $0, as: UTF8.self) } ?? String(pid)
        guard let bytes = try? readFile("/proc/\(pid)/root/tmp/perf-\(inside).map", limit: Self.limit) else {
            return nil
        }
        for line in ProcText(bytes).lines {
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard parts.count == 3, let start = UInt64(String(decoding: parts[0], as: UTF8.self), radix: 16),
                let size = UInt64(String(decoding: parts[1], as: UTF8.self), radix: 16)
            else { continue }
            starts.append((start, size, String(decoding: parts[2], as: UTF8.self)))
        }
        // The last one to be written is the one that is there: code is thrown away and its place used again.
        starts = starts.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
            .map(\.element)
    }

    func name(at address: UInt64) -> (name: String, offset: UInt64)? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address - starts[low - 1].start < starts[low - 1].size else { return nil }
        return (starts[low - 1].name, address - starts[low - 1].start)
    }
}
