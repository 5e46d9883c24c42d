import Foundation
import KernelFuzzTargets
import Testing

/// What the fuzzer does (Tools/fuzz), for machines without its runtime: each kept input, and changes of each.
@Suite("The parsers of what the kernel tells against kept and changed inputs")
struct NetlinkCorpusTests {
    private static let corpus = URL(filePath: #filePath).appending(path: "../../../Fuzz/corpus/netlink").standardized

    static let inputs: [URL] =
        ((try? FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)) ?? [])
        .sorted { $0.path < $1.path }

    @Test("the corpus is there, and small")
    func corpusIsThere() throws {
        #expect(Self.inputs.count >= 15)
        for file in Self.inputs { #expect(try Data(contentsOf: file).count < 4096, "\(file.lastPathComponent)") }
    }

    @Test("each input holds, so does every beginning of it, and so do 400 changes of it", arguments: inputs)
    func replay(file: URL) throws {
        let kept = [UInt8](try Data(contentsOf: file))
        for length in 0...kept.count {
            if let broken = checkKernelInput(Array(kept.prefix(length))) {
                Issue.record("\(broken): cut at \(length)")
            }
        }
        // One seed a file, out of its bytes.
        var random = SeededGenerator(seed: kept.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for _ in 0..<400 {
            let changed = Self.change(kept, &random)
            if let broken = checkKernelInput(changed) { Issue.record("\(broken): \(changed)") }
        }
    }

    /// One to three changes: a byte set, a length made a lie, a part removed or doubled.
    private static func change(_ input: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...32, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &random)
            case 1 where start + 1 < bytes.count:
                bytes[start] = [0, 1, 3, 4, 16, 0x7f, 0xff].randomElement(using: &random) ?? 0
                bytes[start + 1] = [0, 0, 0xff].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(start..<end)
            default: bytes.insert(contentsOf: bytes[start..<end], at: start)
            }
        }
        return bytes
    }
}
