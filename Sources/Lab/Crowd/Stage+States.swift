internal import Kernel
internal import Sockets
internal import TCP

extension Stage {
    /// The sockets that are looked at, as the kernel shows them now.
    func sockets() throws(LabError) -> [Connection] {
        do throws(KernelError) { return try SocketCensus.sockets().filter(isLookedAt) } catch { throw LabError(error) }
    }

    func states() throws(LabError) -> [State: Int] {
        try sockets().reduce(into: [:]) { counts, socket in counts[socket.state, default: 0] += 1 }
    }

    func counter(_ name: String) throws(LabError) -> UInt64 {
        do throws(KernelError) { return try SocketCensus.counter(name) } catch { throw LabError(error) }
    }

    /// Looks again and again until it holds.
    func wait(for what: String, until holds: () throws(LabError) -> Bool) throws(LabError) {
        let end = Surroundings.monotonicSeconds + Double(StreamSocket.patience)
        repeat {
            if try holds() { return }
            Surroundings.sleep(seconds: 0.005)
        } while Surroundings.monotonicSeconds < end
        throw LabError(
            "after \(StreamSocket.patience) seconds still not so: \(what). There are \(Self.text(try states()))",
            next: "try again on a quieter host, or with a smaller --count")
    }

    /// Waits until exactly these sockets are there, and promises them.
    func promise(_ states: [State: Int]) throws(LabError) -> Promise {
        let promise = Promise(states)
        try wait(for: Self.text(promise.states)) { () throws(LabError) in try self.states() == promise.states }
        return promise
    }

    func pause(_ seconds: Double) { Surroundings.sleep(seconds: seconds) }

    /// `CLOSE_WAIT 5,000, LISTEN 1`; the largest first.
    static func text(_ states: [State: Int]) -> String {
        let sorted = states.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        return sorted.isEmpty ? "none" : sorted.map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
    }
}
