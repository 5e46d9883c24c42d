internal import Glibc
internal import Synchronization

/// Threads that share out pieces of work: as many as there are CPUs, the caller among them.
package enum Team {
    /// More would only wait for memory together.
    private static let most = 4
    /// Fewer pieces than these are done before another thread has started.
    private static let worthwhile = 4

    package static let size = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), most)

    /// Calls `body` once with each number below `count`, on several threads at a time, and returns when all are done.
    package static func share(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        guard count >= worthwhile else { return (0..<count).forEach(body) }
        let next = Counter()
        let work: @Sendable () -> Void = {
            while let piece = next.take(below: count) { body(piece) }
        }
        // A thread that cannot be had leaves its share to the others.
        let helpers = (1..<size).compactMap { _ in try? Worker(work) }
        work()
        for helper in helpers { try? helper.join() }
    }

    /// What `body` returns for each number below `count`, in order.
    package static func map<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { results, made in
            let shared = Shared(results)
            share(count) { number in shared.memory.initializeElement(at: number, to: body(number)) }
            made = count
        }
    }
}

/// Memory that several threads write, each its own part of it.
struct Shared<Element>: @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<Element>

    init(_ memory: UnsafeMutableBufferPointer<Element>) { self.memory = memory }
}

private final class Counter: Sendable {
    private let next = Atomic(0)

    func take(below limit: Int) -> Int? {
        let taken = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return taken < limit ? taken : nil
    }
}
