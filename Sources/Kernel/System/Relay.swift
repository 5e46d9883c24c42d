/// Pieces that several threads make, handed on in their order by the one that asks for them.
package final class Relay<Piece: Sendable>: @unchecked Sendable {
    // All that follows is read and written under this lock, but for a piece itself: its number is one thread's at a time.
    private let monitor = Monitor()
    /// Used again and again: number n stands in the n-th of them, counted round.
    private let pieces: [Piece]
    private let count: Int
    private let make: @Sendable (Int, Piece) -> Void
    private var isMade: [Bool]
    /// The next number that nobody makes yet.
    private var next = 0
    /// So many were handed on.
    private var handed = 0

    /// - Parameters:
    ///   - piece: makes an empty one.
    ///   - make: fills a piece; called once with each number below `count`, on any thread.
    package init(_ count: Int, piece: () -> Piece, make: @escaping @Sendable (Int, Piece) -> Void) {
        self.count = count
        self.make = make
        // One that is made and some that wait, for each thread: none stands still while another is off its CPU.
        pieces = (0..<4 * Team.size).map { _ in piece() }
        isMade = Array(repeating: false, count: count)
    }

    /// Calls `hand` with each piece, in order, on this thread. To be called once.
    package func run(_ hand: (Piece) throws -> Void) throws {
        // A thread that cannot be had leaves its share to the others.
        let helpers = (1..<max(1, min(Team.size, count))).compactMap { _ in try? Worker { self.help() } }
        defer {
            monitor.locked { next = count }
            for helper in helpers { try? helper.join() }
        }
        for number in 0..<count {
            while !monitor.locked({ isMade[number] }) {
                if let free = monitor.locked({ take() }) { fill(free) } else { wait { self.isMade[number] } }
            }
            try hand(pieces[number % pieces.count])
            monitor.locked { handed = number + 1 }
        }
    }

    private func help() {
        while monitor.locked({ next < count }) {
            if let free = monitor.locked({ take() }) {
                fill(free)
            } else {
                wait { self.next >= self.count || self.next < self.handed + self.pieces.count }
            }
        }
    }

    private func take() -> Int? {
        guard next < count, next < handed + pieces.count else { return nil }
        next += 1
        return next - 1
    }

    private func fill(_ number: Int) {
        make(number, pieces[number % pieces.count])
        monitor.locked { isMade[number] = true }
    }

    private func wait(_ isReady: () -> Bool) { monitor.wait(until: isReady) }
}
