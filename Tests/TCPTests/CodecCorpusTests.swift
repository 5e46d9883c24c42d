import Foundation
import TCPFuzzTargets
import Testing

/// What the fuzzer does (Tools/fuzz), for machines without its runtime: each kept input, and changes of each.
@Suite struct CodecCorpusTests {
    static let inputs = Corpus.files("segment")

    @Test func `the corpus is there`() {
        #expect(Self.inputs.count >= 15)
    }

    @Test(arguments: inputs)
    func `each input holds, so does every beginning of it, and so do 400 changes of it`(_ file: URL) throws {
        let kept = [UInt8](try Data(contentsOf: file))
        for length in 0...kept.count {
            if let broken = checkSegment(Array(kept.prefix(length))) { Issue.record("\(broken): cut at \(length)") }
        }
        var random = Corpus.random(for: kept)
        for _ in 0..<400 {
            let changed = Corpus.change(kept, &random)
            if let broken = checkSegment(changed) { Issue.record("\(broken): \(changed)") }
        }
    }
}
