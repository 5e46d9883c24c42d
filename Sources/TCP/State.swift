/// The state of one end of a TCP connection (RFC 9293, section 3.3.2).
///
/// The raw value is the number that Linux gives the state (`include/net/tcp_states.h`), so a kernel record is decoded by
/// `State(rawValue:)`. Linux's two extra numbers are no states of TCP: 12 (`TCP_NEW_SYN_RECV`) is a SYN-RECEIVED
/// connection that is still a request, 13 (`TCP_BOUND_INACTIVE`) a CLOSED socket with a port.
package enum State: UInt8, CaseIterable, Sendable, Hashable {
    case established = 1
    case synSent = 2
    case synReceived = 3
    case finWait1 = 4
    case finWait2 = 5
    case timeWait = 6
    case closed = 7
    case closeWait = 8
    case lastAck = 9
    case listen = 10
    case closing = 11

    /// As people write it: `CLOSE_WAIT`.
    @inlinable
    package var name: StaticString {
        switch self {
        case .established: "ESTABLISHED"
        case .synSent: "SYN_SENT"
        case .synReceived: "SYN_RCVD"
        case .finWait1: "FIN_WAIT_1"
        case .finWait2: "FIN_WAIT_2"
        case .timeWait: "TIME_WAIT"
        case .closed: "CLOSED"
        case .closeWait: "CLOSE_WAIT"
        case .lastAck: "LAST_ACK"
        case .listen: "LISTEN"
        case .closing: "CLOSING"
        }
    }

    /// As JSON, CSV and metrics write it, never translated: `close_wait`.
    package var key: String { name.description.lowercased() }
}
