import Foundation
import FuzzTargets
import Sockets
import Testing

/// What the fuzzer does (Tools/fuzz), for machines without its runtime: each kept input, and changes of each.
@Suite("The filter parser against kept and changed inputs")
struct FilterCorpusTests {
    private static let corpus = URL(filePath: #filePath).appending(path: "../../../Fuzz/corpus/filter").standardized

    static let inputs: [URL] =
        ((try? FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)) ?? [])
        .sorted { $0.path < $1.path }

    @Test("the corpus is there")
    func corpusIsThere() {
        #expect(Self.inputs.count >= 20)
    }

    @Test("each input holds, and so do 400 changes of it", arguments: inputs)
    func replay(file: URL) throws {
        let kept = [UInt8](try Data(contentsOf: file))
        let snapshot = sampleSnapshot()
        #expect(checkFilter(kept, against: snapshot) == nil)

        let donors = try Self.inputs.map { [UInt8](try Data(contentsOf: $0)) }
        // One seed a file, out of its bytes.
        var random = SplitMix(seed: kept.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for _ in 0..<400 {
            let changed = Self.change(kept, donors, &random)
            if let broken = checkFilter(changed, against: snapshot) {
                Issue.record("\(broken): \(changed)")
            }
        }
    }

    /// One to three changes: a byte set, a part removed, doubled, or taken over from another input.
    private static func change(_ input: [UInt8], _ donors: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...16, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
            default:
                guard let donor = donors.randomElement(using: &random), !donor.isEmpty else { continue }
                let from = Int.random(in: 0..<donor.count, using: &random)
                bytes.insert(contentsOf: donor[from..<min(donor.count, from + 24)], at: start)
            }
        }
        return bytes
    }
}
