import Kernel
import Synchronization

/// Questions to a thread that owns what they are about, in their order.
final class Mailbox<Subject>: Sendable {
    /// The thread has ended.
    struct Closed: Error, CustomStringConvertible {
        var description: String { "the watch has ended" }
    }

    private struct Letter: Sendable {
        var ask: @Sendable (Subject) -> Void
        var refuse: @Sendable () -> Void
    }

    /// `nil` once it is closed.
    private let letters = Mutex<[Letter]?>([])
    private let waker: Waker

    /// - Parameter waker: what the thread waits for.
    init(_ waker: Waker) { self.waker = waker }

    /// The answer, which the thread gives between two of its steps.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (Subject) -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let letter = Letter(
                ask: { continuation.resume(returning: question($0)) },
                refuse: { continuation.resume(throwing: Closed()) })
            if post(letter) { waker.wake() } else { letter.refuse() }
        }
    }

    private func post(_ letter: Letter) -> Bool {
        letters.withLock { letters in
            guard letters != nil else { return false }
            letters?.append(letter)
            return true
        }
    }

    /// To be called by the thread.
    func answer(from subject: Subject) {
        waker.clear()
        let waiting = letters.withLock { letters in
            defer { if letters != nil { letters = [] } }
            return letters ?? []
        }
        for letter in waiting { letter.ask(subject) }
    }

    /// Refuses what waits and what comes.
    func close() {
        let waiting = letters.withLock { letters in
            defer { letters = nil }
            return letters ?? []
        }
        for letter in waiting { letter.refuse() }
    }
}
