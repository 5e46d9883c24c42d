import Sockets
import TCP

/// One connection of a stack: the machine, and what a driver keeps for it.
final class StackConnection {
    /// Who may still use it.
    enum Holder { case nobody, acceptQueue, application }

    var machine: ConnectionMachine
    let socket: Stack.Socket
    /// In the direction of what we send.
    let endpoints: Endpoints
    var holder: Holder
    /// The listener that it came to, until it is accepted.
    var listener: StackListener?
    var lastState = State.closed
    var ending: Ending?

    /// What the peer has not acknowledged, from `toSendFront` on.
    var toSend = ByteRing()
    var toSendFront: SequenceNumber
    var toSendCount = 0
    var toSendLimit: Int
    /// `send` took less than it was given.
    var isFull = false
    var isSendingOver = false

    /// From the first unread byte on.
    var received = ByteRing()
    private var receivedFront = SequenceNumber(0)
    private var hasReceived = false
    var readable = 0
    var hasPeerClosed = false
    var isReceivingOver = false

    init(
        machine: consuming ConnectionMachine, initialSequence: SequenceNumber, socket: Stack.Socket,
        endpoints: Endpoints, holder: Holder, sendBufferSize: Int
    ) {
        self.machine = machine
        self.socket = socket
        self.endpoints = endpoints
        self.holder = holder
        toSendFront = initialSequence + 1
        toSendLimit = sendBufferSize
    }

    /// Keeps bytes of the peer's; they may lie behind a gap.
    func store(_ bytes: UnsafeRawBufferPointer, from start: SequenceNumber) {
        if !hasReceived {
            hasReceived = true
            receivedFront = machine.status.initialReceive + 1
        }
        received.write(bytes, at: start - receivedFront)
    }

    /// The application has taken bytes off the front.
    func consume(_ count: Int) {
        received.drop(count)
        receivedFront += count
        readable -= count
    }

    /// The peer has bytes of ours.
    func acknowledge(_ count: Int) {
        toSend.drop(count)
        toSendFront += count
        toSendCount -= count
        if toSendCount == 0 { toSend.reset() }
    }
}
