internal import Glibc
internal import Synchronization

/// Between a thread that is asked and one that knows, and looks here from time to time.
package final class Desk<Answer: Sendable>: Sendable {
    private enum State: Sendable { case idle, asked, answered(Answer) }

    private let state = Mutex(State.idle)

    package init() {}

    /// Asks, and waits for the answer; `nil` where none comes in time. One thread asks.
    package func ask(milliseconds: Int) -> Answer? {
        state.withLock { $0 = .asked }
        for _ in 0..<max(1, milliseconds / 2) {
            let answer = state.withLock { state -> Answer? in
                guard case .answered(let answer) = state else { return nil }
                state = .idle
                return answer
            }
            if let answer { return answer }
            usleep(2000)
        }
        state.withLock { $0 = .idle }
        return nil
    }

    /// Answers where somebody asks.
    package func answer(_ make: () -> Answer) {
        guard state.withLock({ if case .asked = $0 { true } else { false } }) else { return }
        let answer = make()
        state.withLock { state in
            if case .asked = state { state = .answered(answer) }
        }
    }
}
