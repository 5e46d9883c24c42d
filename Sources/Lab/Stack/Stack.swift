import Sockets
import TCP

/// A TCP host in user space over `ConnectionMachine`: packets and time go in, packets and events come out. It makes no
/// system call, reads no clock and waits for nothing; the same calls at the same times give the same bytes.
///
/// A driver does three things, in this order, whenever something happened:
/// 1. hand in: `receive(packet:at:)`, `advance(to:)`, or a call of an application
/// 2. take out: `drainPackets`, `nextEvent()`
/// 3. wait until `nextDeadline`, or for the next packet
///
/// Times never go back.
package struct Stack: ~Copyable {
    /// A listener or a connection of one stack. The value is not used again for another one: calls with one that is gone
    /// throw `.noSocket`.
    package struct Socket: Hashable, Sendable {
        var slot: Int
        var generation: Int
    }

    enum Owner {
        case nobody
        case listener(StackListener)
        case connection(StackConnection)
    }

    struct Slot {
        var generation = 0
        var owner = Owner.nobody
    }

    /// What is changed here holds for connections made from then on.
    package var settings: Settings
    /// Packets that were not for this host, or that it could not read.
    package internal(set) var dropped = 0

    var slots: [Slot] = []
    var freeSlots: [Int] = []
    /// By the endpoints in the direction of what we send.
    var connections: [Endpoints: StackConnection] = [:]
    var listeners: [Endpoint: StackListener] = [:]
    var deadlines = DeadlineHeap()
    var nextPort: UInt16
    /// Packets to send, one behind the other.
    var output = PacketQueue()
    var events: [Event] = []
    var eventsTaken = 0

    package init(_ settings: Settings) {
        self.settings = settings
        nextPort = settings.ephemeralPorts.lowerBound
    }

    // MARK: slots

    mutating func newSocket() -> Socket {
        if let slot = freeSlots.popLast() { return Socket(slot: slot, generation: slots[slot].generation) }
        slots.append(Slot())
        return Socket(slot: slots.count - 1, generation: 0)
    }

    mutating func release(_ socket: Socket) {
        slots[socket.slot].owner = .nobody
        slots[socket.slot].generation += 1
        freeSlots.append(socket.slot)
    }

    func owner(of socket: Socket) -> Owner {
        guard slots.indices.contains(socket.slot), slots[socket.slot].generation == socket.generation else {
            return .nobody
        }
        return slots[socket.slot].owner
    }

    func connection(_ socket: Socket) throws(StackError) -> StackConnection {
        switch owner(of: socket) {
        case .nobody: throw .noSocket
        case .listener: throw .wrongKind
        case .connection(let connection): return connection
        }
    }

    /// A connection that an application may still use.
    func held(_ socket: Socket) throws(StackError) -> StackConnection {
        let connection = try connection(socket)
        guard connection.holder == .application else { throw .noSocket }
        return connection
    }

    func listener(_ socket: Socket) throws(StackError) -> StackListener {
        switch owner(of: socket) {
        case .nobody: throw .noSocket
        case .listener(let listener): return listener
        case .connection: throw .wrongKind
        }
    }
}
