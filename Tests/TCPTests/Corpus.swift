import Foundation

/// The kept inputs of a fuzz target, and small changes of them.
enum Corpus {
    static func files(_ name: String) -> [URL] {
        let folder = URL(filePath: #filePath).appending(path: "../../../Fuzz/corpus/\(name)").standardized
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }

    /// One seed a file, out of its bytes.
    static func random(for bytes: [UInt8]) -> SeededRandom {
        SeededRandom(seed: bytes.reduce(7) { $0 &* 31 &+ UInt64($1) })
    }

    /// One to three changes: a byte set, a length made a lie, a part removed or doubled.
    static func change(_ input: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...32, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &random)
            case 1 where start < bytes.count:
                bytes[start] = [0, 1, 2, 3, 4, 8, 10, 34, 0x7f, 0xff].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(start..<end)
            default: bytes.insert(contentsOf: bytes[start..<end], at: start)
            }
        }
        return bytes
    }
}
