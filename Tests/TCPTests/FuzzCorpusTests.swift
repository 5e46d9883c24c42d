import Foundation
import TCPFuzzTargets
import Testing

/// What the fuzzer does (Tools/fuzz), for machines without its runtime: each kept input, and changes of each.
@Suite struct FuzzCorpusTests {
    static let segments = Corpus.files("segment")
    static let machines = Corpus.files("machine")

    @Test func `the corpora are there, and small`() throws {
        #expect(Self.segments.count >= 15)
        #expect(Self.machines.count >= 40)
        for file in Self.segments + Self.machines {
            #expect(try Data(contentsOf: file).count < 4096, "\(file.lastPathComponent)")
        }
    }

    @Test(arguments: segments)
    func `each packet holds, so does every beginning of it, and so do 400 changes of it`(_ file: URL) throws {
        try Self.replay(file, checkSegment)
    }

    @Test(arguments: machines)
    func `each list of events holds, so does every beginning of it, and so do 400 changes of it`(_ file: URL) throws {
        try Self.replay(file, checkMachine)
    }

    private static func replay(_ file: URL, _ check: ([UInt8]) -> String?) throws {
        let kept = [UInt8](try Data(contentsOf: file))
        for length in 0...kept.count {
            if let broken = check(Array(kept.prefix(length))) { Issue.record("\(broken): cut at \(length)") }
        }
        var random = Corpus.random(for: kept)
        for _ in 0..<400 {
            let changed = Corpus.change(kept, &random)
            if let broken = check(changed) { Issue.record("\(broken): \(changed)") }
        }
    }
}
