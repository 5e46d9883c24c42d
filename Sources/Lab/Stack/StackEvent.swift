package import TCP

extension Stack {
    /// Something that happened to a socket without its having asked at that moment.
    package struct Event: Hashable, Sendable {
        package var socket: Socket
        package var kind: Kind
    }

    package enum Kind: Hashable, Sendable {
        /// The connection is in another state than before.
        case state(State)
        /// The handshake is over.
        case established
        /// A listener's accept queue has one more connection: `accept` gives it.
        case acceptable
        /// There is more to receive.
        case readable
        /// The peer has sent everything: `receive` gives 0 after the last byte.
        case peerClosed
        /// There is room again in a send buffer that was full.
        case writable
        /// An error that may pass.
        case trouble(Trouble)
        /// The connection is over. Always the last event of a socket.
        case closed(Ending)
    }
}
