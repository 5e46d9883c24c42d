package import TCP

/// A set of states as the kernel's masks have it: bit *n* stands for the state with raw value *n*
/// (`idiag_states` in `linux/inet_diag.h`).
package struct StateSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable
    package init(_ state: State) { rawValue = 1 << UInt16(state.rawValue) }

    @inlinable
    package func contains(_ state: State) -> Bool { rawValue & (1 << UInt16(state.rawValue)) != 0 }

    /// Every state that a socket can have.
    package static let all = StateSet(rawValue: 0b1111_1111_1110)
    /// `all` without LISTEN and CLOSED, as `ss` means it.
    package static let connected = all.subtracting([.init(.listen), .init(.closed)])
    /// `connected` without SYN_SENT.
    package static let synchronized = connected.subtracting([.init(.synSent)])
    /// The states that the kernel keeps as small sockets: SYN_RCVD and TIME_WAIT.
    package static let bucket: StateSet = [.init(.synReceived), .init(.timeWait)]
    /// Every state but `bucket`: LISTEN and CLOSED are big.
    package static let big = all.subtracting(bucket)
}
