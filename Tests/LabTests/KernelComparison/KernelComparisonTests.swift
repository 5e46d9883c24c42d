import Foundation
import Kernel
import TCP
import Testing

/// Every sequence of up to five steps (RFC 9293's calls, and right and wrong segments of a peer), played to a real kernel
/// socket and to the model in the kernel's place: the same state after each, the same numbers in the same answers. Where
/// Linux does otherwise, `KnownDifference` says so.
@Suite struct KernelComparisonTests {
    /// `LINGER_COMPARE_DEPTH=6` goes deeper, and takes ten times as long.
    private static let depth =
        ProcessInfo.processInfo.environment["LINGER_COMPARE_DEPTH"].flatMap { Int($0) } ?? 5

    @Test func `the model and the kernel do the same`() throws {
        let depth = Self.depth
        let runs = try Opening.allCases.map { opening in
            try Worker { Result { try Comparison(opening, depth: depth).run() } }
        }
        var known: Set<String> = []
        for (opening, run) in zip(Opening.allCases, runs) {
            let result = try run.join().get()
            print("\(opening) open: \(result.sequences) sequences, \(result.steps) steps")
            for (name, count) in result.known.sorted(by: { $0.key < $1.key }) { print("  \(name): \(count)") }
            known.formUnion(result.known.keys)
            for (what, example) in result.differences.sorted(by: { $0.key < $1.key }) {
                Issue.record("\(opening) open, \(example.count) times, as in \(example.first): \(what)")
            }
            #expect(result.sequences > 1000)
        }
        // One that is seen no more is to be taken out.
        #expect(known == Set(KnownDifference.all.map(\.name)))
    }

    @Test func `the kernel's ACK of a FIN may be late, and comes`() throws {
        let answers = try Worker {
            Result {
                let link = try Link()
                var kernel = try KernelSubject(.passive, on: link)
                var answers: [Answer] = []
                for step in [Step.segment(.syn, isRight: true), .segment(.ack, isRight: true)] {
                    _ = try kernel.perform(step)
                }
                answers += try kernel.perform(.segment(.finAck, isRight: true))?.answers ?? []
                // The delayed ACK's timer: 40 to 200 ms (TCP_DELACK_MIN, TCP_DELACK_MAX).
                for _ in 0..<500 where answers.isEmpty {
                    usleep(10_000)
                    answers += try kernel.hear()
                }
                return answers
            }
        }.join().get()
        #expect(answers.map(\.description) == ["ACK seq 1 ack 2"])
    }
}
