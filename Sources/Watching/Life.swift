package import Sockets
package import TCP

/// The life of one socket: the states that it went through and when, who opened it, what it carried, how it ended.
///
/// Plain data of a fixed size without references, so that a million of them have a known size (`LifeStore`).
/// Times are nanoseconds on the monotonic clock.
package struct Life: BitwiseCopyable, Sendable {
    /// States that a connection goes through at most: SYN_SENT, SYN_RCVD, ESTABLISHED, FIN_WAIT_1, then FIN_WAIT_2 or
    /// CLOSING, and TIME_WAIT.
    package static let longestPath = 6

    package var cookie: UInt64
    private var localHigh: UInt64
    private var localLow: UInt64
    private var remoteHigh: UInt64
    private var remoteLow: UInt64
    private var times: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    /// When it ended, or when a small socket took it over; 0 while it lives.
    package var ended: UInt64 = 0
    /// As TCP_INFO counts: a SYN and a FIN count for one byte each.
    package var bytesAcked: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var retransmissions: UInt32 = 0
    /// Inode of the network namespace.
    package var namespace: UInt32
    var ownerNumber: UInt32 = .max
    var stackNumber: UInt32 = .max
    private var descriptorNumber: Int32 = -1
    private var localPort: UInt16
    private var remotePort: UInt16
    private var path: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0, 0)
    package private(set) var stateCount: UInt8 = 0
    private var familyNumber: UInt8
    /// Why it was closed by other than its process (errno); 0 where it was not.
    package var error: UInt16 = 0
    private var endingNumber: UInt8 = 0
    var flags: Flags = []
    /// By how much a time of it may be too late at most, microseconds; 0 where the kernel told them. Only looks tell of
    /// it where it is not.
    package private(set) var lateness: UInt32 = 0

    struct Flags: OptionSet, BitwiseCopyable, Sendable {
        let rawValue: UInt8

        /// The time of the first state is when it was first seen: the state began before.
        static let beganBefore = Flags(rawValue: 1)
        /// A transition of it was not seen, or there were more states than a life can have: times are missing.
        static let hasHoles = Flags(rawValue: 2)
        /// A small socket carries it on, and the stream will tell nothing more of it.
        static let isSmall = Flags(rawValue: 4)
        /// Its process accepted it.
        static let isAccepted = Flags(rawValue: 8)
        /// What it carried was not seen.
        static let withoutTraffic = Flags(rawValue: 16)
    }

    init(cookie: UInt64, namespace: UInt32, local: Endpoint, remote: Endpoint) {
        self.cookie = cookie
        self.namespace = namespace
        (localHigh, localLow, localPort) = (local.address.high, local.address.low, local.port)
        (remoteHigh, remoteLow, remotePort) = (remote.address.high, remote.address.low, remote.port)
        familyNumber = local.address.family.rawValue
    }

    /// What stands in a place of the store that is free.
    static func vacant(next: UInt64) -> Life {
        let nowhere = Endpoint(address: IPAddress(v4: 0), port: 0)
        return Life(cookie: next, namespace: 0, local: nowhere, remote: nowhere)
    }

    // MARK: What it is

    package var local: Endpoint {
        get { Endpoint(address: address(localHigh, localLow), port: localPort) }
        set { (localHigh, localLow, localPort) = (newValue.address.high, newValue.address.low, newValue.port) }
    }

    package var remote: Endpoint {
        get { Endpoint(address: address(remoteHigh, remoteLow), port: remotePort) }
        set { (remoteHigh, remoteLow, remotePort) = (newValue.address.high, newValue.address.low, newValue.port) }
    }

    /// The descriptor that it was opened as, or that a snapshot saw.
    package var descriptor: Int32? {
        get { descriptorNumber < 0 ? nil : descriptorNumber }
        set { descriptorNumber = newValue ?? -1 }
    }

    /// In the tracker's table of owners; `nil` where nobody was seen to open it.
    package var owner: OwnerTable.Number? { ownerNumber == .max ? nil : OwnerTable.Number(raw: ownerNumber) }
    /// In the tracker's table of stacks.
    package var stack: StackTable.Number? { stackNumber == .max ? nil : StackTable.Number(raw: stackNumber) }

    private func address(_ high: UInt64, _ low: UInt64) -> IPAddress {
        familyNumber == IPAddress.Family.ipv4.rawValue
            ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6High: high, low: low)
    }

    // MARK: What it went through

    /// It was there before it was seen: its first time is a bound, not the beginning.
    package var beganBefore: Bool { flags.contains(.beganBefore) }
    /// A part of it was not seen.
    package var hasHoles: Bool { flags.contains(.hasHoles) }
    package var isSmall: Bool { flags.contains(.isSmall) }
    /// The bytes and retransmissions are numbers that were seen.
    package var hasTraffic: Bool { !flags.contains(.withoutTraffic) }

    /// The state that it is in, or was in when it ended.
    package var state: State { stateCount == 0 ? .closed : state(at: Int(stateCount) - 1) }

    package func state(at index: Int) -> State {
        withUnsafeBytes(of: path) { State(rawValue: $0[index]) ?? .closed }
    }

    /// When it entered the state; `nil` where that was not seen. For the first state of one that `beganBefore` it is
    /// the latest that it can have been.
    package func entered(at index: Int) -> UInt64? {
        let time = withUnsafeBytes(of: times) { $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        return time == 0 ? nil : time
    }

    package var began: UInt64? { entered(at: 0) }
    package var lastEntered: UInt64? { stateCount == 0 ? nil : entered(at: Int(stateCount) - 1) }

    /// Nanoseconds that it was in the state at an index; `nil` where the beginning or the end was not seen.
    package func dwell(at index: Int) -> UInt64? {
        let isLast = index == Int(stateCount) - 1
        guard !(index == 0 && beganBefore), !(isLast && isSmall), let start = entered(at: index) else { return nil }
        guard let end = isLast ? (ended == 0 ? nil : ended) : entered(at: index + 1) else { return nil }
        return end >= start ? end - start : nil
    }

    /// Nanoseconds in its state so far, and whether that is exact or the least that it can be.
    package func dwell(until now: UInt64) -> (nanoseconds: UInt64, isExact: Bool)? {
        guard stateCount > 0, let start = lastEntered else { return nil }
        return (now >= start ? now - start : 0, lateness == 0 && !(stateCount == 1 && beganBefore))
    }

    /// - Parameter time: `nil` where it was not seen.
    mutating func enter(_ state: State, at time: UInt64?) {
        if Int(stateCount) == Self.longestPath {
            // Only a life that was put together from pieces can be longer: the last entry stands for the rest.
            flags.insert(.hasHoles)
            stateCount -= 1
        }
        let index = Int(stateCount)
        withUnsafeMutableBytes(of: &path) { $0[index] = state.rawValue }
        withUnsafeMutableBytes(of: &times) { $0.storeBytes(of: time ?? 0, toByteOffset: index * 8, as: UInt64.self) }
        stateCount += 1
    }

    /// Takes over what a transition tells.
    mutating func note(_ transition: Transition) {
        if transition.local.port != 0 { local = transition.local }
        if transition.remote.port != 0 { remote = transition.remote }
        if transition.flags.contains(.withoutTraffic) {
            if stateCount == 0 { flags.insert(.withoutTraffic) }
        } else {
            flags.remove(.withoutTraffic)
            bytesAcked = transition.bytesAcked
            bytesReceived = transition.bytesReceived
            retransmissions = transition.retransmissions
        }
        if transition.isDeduced {
            // Other states may have been in between.
            flags.insert(.hasHoles)
            let lateness = (transition.time - transition.notBefore) / 1000
            self.lateness = max(self.lateness, UInt32(clamping: lateness))
        }
        if transition.new != .closed, transition.new != transition.old { enter(transition.new, at: transition.time) }
        guard transition.isLast else { return }
        if transition.isHandedOver { flags.insert(.isSmall) }
        ended = transition.time
        error = transition.error
        ending = LifeEnding(transition)
    }

    package func wentThrough(_ state: State) -> Bool {
        (0..<Int(stateCount)).contains { self.state(at: $0) == state }
    }

    /// How it ended; `nil` while the stream can still tell of it.
    package var ending: LifeEnding? {
        get { LifeEnding(rawValue: endingNumber) }
        set { endingNumber = newValue?.rawValue ?? 0 }
    }

    /// Who opened the connection; `nil` where its beginning was not seen.
    package var isOutgoing: Bool? {
        guard !beganBefore, stateCount > 0 else { return nil }
        switch state(at: 0) {
        case .synSent: return true
        case .synReceived: return false
        default: return nil
        }
    }

    /// Whose FIN came first; `nil` where none was seen.
    package var closedFirst: Side? {
        for index in 0..<Int(stateCount) {
            switch state(at: index) {
            case .closeWait, .lastAck: return .peer
            case .closing: return .both
            case .finWait1, .finWait2:
                // CLOSING comes right after FIN_WAIT_1, and means that both did.
                if index + 1 < Int(stateCount), state(at: index + 1) == .closing { return .both }
                return .here
            case .timeWait: return .here
            case .established, .synSent, .synReceived, .closed, .listen: continue
            }
        }
        return nil
    }

    package enum Side: String, Sendable { case here, peer, both }
}
