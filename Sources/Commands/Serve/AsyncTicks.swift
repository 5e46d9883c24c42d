/// Comes again after so many seconds, until the task is cancelled.
struct AsyncTicks: AsyncSequence, Sendable {
    var seconds: Double

    struct AsyncIterator: AsyncIteratorProtocol {
        let duration: Duration

        mutating func next() async -> Void? {
            do {
                try await Task.sleep(for: duration)
                return ()
            } catch {
                return nil
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(duration: .seconds(seconds)) }
}
