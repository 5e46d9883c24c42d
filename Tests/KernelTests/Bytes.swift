import Foundation

@testable import Kernel

/// Bytes as the kernel lays them out, in the machine's order.
struct Bytes {
    var all: [UInt8] = []

    init(_ all: [UInt8] = []) { self.all = all }

    init(count: Int) { all = [UInt8](repeating: 0, count: count) }

    /// A C struct as it stands in memory.
    init<Record: BitwiseCopyable>(of record: Record) { withUnsafeBytes(of: record) { all = Array($0) } }

    mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeBytes(of: value) { bytes in all.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    }

    mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value) { all.append(contentsOf: $0) }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// A folder that goes with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "linger-kernel-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders that it stands in.
    func write(_ bytes: [UInt8], to key: String) throws {
        let file = URL(filePath: "\(path)/\(key)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func write(_ text: String, to key: String) throws { try write(Array(text.utf8), to: key) }

    func read(_ key: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(key)"))) }
}
