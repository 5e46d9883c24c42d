internal import Kernel
package import TCP

/// How quick the machine is by itself: two of them back to back, with nothing between them and no bytes.
package struct MachinePair: Sendable {
    /// Segments that arrived at one of the two, a second, data and ACKs alike.
    package var segments: Double
    /// What one connection takes in memory, without its buffers.
    package var bytes: Int { MemoryLayout<ConnectionMachine>.size }

    /// A round: so many segments of data one way, and their ACKs back.
    private static let round = 64
    private static let size = 1000

    package init(for time: Microseconds) {
        var configuration = Configuration(.linux)
        configuration.maximumSegmentSize = UInt16(Self.size)
        var near = ConnectionMachine(configuration)
        var far = ConnectionMachine(configuration)
        // Its own clock: what the machine is told need not be the time that is measured.
        var now = Instant(microseconds: 0)
        _ = far.openPassively(initialSequence: SequenceNumber(300))
        var arrived = 0
        let syn = near.openActively(initialSequence: SequenceNumber(100), at: now)
        arrived += Self.deliver(syn, from: &near, to: &far, now)
        let start = MonotonicClock.now
        arrived = 0
        repeat {
            for _ in 0..<Self.round {
                now = now + 10
                let actions = near.send(Self.size, at: now)
                arrived += Self.deliver(actions, from: &near, to: &far, now)
            }
        } while MonotonicClock.now - start < time
        segments = Double(arrived) * 1_000_000 / Double(MonotonicClock.now - start)
    }

    /// Hands over what was sent, and what that made the other end send, until nothing is on the way.
    /// - Returns: how many segments arrived.
    private static func deliver(
        _ actions: Actions, from near: inout ConnectionMachine, to far: inout ConnectionMachine, _ now: Instant
    ) -> Int {
        var count = 0
        for index in 0..<Int(actions.segmentCount) {
            let answers = far.arrive(actions.segment(index), at: now)
            count += 1
            if answers.readable > 0 {
                let updates = far.receive(answers.readable, at: now)
                if updates.segmentCount > 0 { count += deliver(updates, from: &far, to: &near, now) }
            }
            if answers.segmentCount > 0 { count += deliver(answers, from: &far, to: &near, now) }
        }
        return count
    }
}
