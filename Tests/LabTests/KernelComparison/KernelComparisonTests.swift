import Foundation
import Kernel
import TCP
import Testing

/// Every sequence of steps, played to a real kernel socket and to the model in the kernel's place.
@Suite struct KernelComparisonTests {
    /// `LINGER_COMPARE_DEPTH=5` goes deeper than the standard.
    static let depth = ProcessInfo.processInfo.environment["LINGER_COMPARE_DEPTH"].flatMap { Int($0) } ?? 3

    @Test(arguments: Opening.allCases)
    func `the model and the kernel do the same`(_ opening: Opening) throws {
        let depth = Self.depth
        let result = try Worker { Result { try Comparison(opening, depth: depth).run() } }.join().get()
        print(
            "\(opening): \(result.sequences) sequences, \(result.steps) steps, \(result.differences.count) differences")
        for (name, count) in result.known.sorted(by: { $0.key < $1.key }) { print("  known: \(name): \(count) times") }
        for (kind, example) in result.differences.sorted(by: { $0.key < $1.key }) {
            print("  \(kind): \(example.count) times, as in \(example.first)")
        }
        #expect(result.differences.count == 0)
        #expect(result.sequences > 100)
    }
}
