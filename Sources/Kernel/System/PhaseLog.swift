internal import Glibc

/// How long each part of a run took, on standard error, when LINGER_TIMING is set: `phase sockets 57.3 ms`.
package struct PhaseLog: Sendable {
    package static let shared = PhaseLog()

    private let isOn = getenv("LINGER_TIMING") != nil

    package func measure<Value, Failure: Error>(_ phase: String, _ body: () throws(Failure) -> Value) throws(Failure)
        -> Value
    {
        guard isOn else { return try body() }
        let start = Self.now()
        defer { Self.write("phase \(phase) \(Self.now() - start) ms, from \(start)\n") }
        return try body()
    }

    private static func write(_ line: String) {
        _ = line.utf8CString.withUnsafeBufferPointer { Glibc.write(2, $0.baseAddress, $0.count - 1) }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec % 10_000) * 1000 + Double(time.tv_nsec / 1000) / 1000
    }
}
