package import TCP

/// A play of one connection between this kernel and the peer in user space: what is done, step by step, and what must come
/// of it.
package struct Scenario: Sendable {
    package var name: String
    /// One line: `Three segments open a connection`.
    package var title: String
    /// Which side the kernel has. The server has port 8080, the client 40000.
    package var kernelSide: HeldSide = .server
    package var steps: [Step]
    /// Settings of the kernel in the scenario's namespace.
    package var settings: [(name: String, value: String)] = []
    /// How the peer behaves.
    package var peer = Configuration(.linux)
    /// When things happen matters.
    package var showsTimes = false

    package init(name: String, title: String, steps: [Step]) {
        self.name = name
        self.title = title
        self.steps = steps
    }
}

/// One step. After each the link is quiet before the next one begins.
package enum Step: Hashable, Sendable {
    /// A sentence for the reader.
    case say(String)
    /// What follows up to the next `show` is done and not shown.
    case hide
    case show
    /// A call of the program at this end.
    case call(Party, Call)
    /// Both call at the same moment, and what they send crosses on the way.
    case together([Step])
    /// From now on such segments do not arrive; `count`: only so many.
    case withhold(Withheld, from: Party, count: Int?)
    /// Everything arrives again.
    case pass
    /// The peer sends a segment past its own TCP.
    case segment(RawSegment)
    case wait(Microseconds)
    /// The states that must be reached, within this time.
    case expect(Expectation)
}

package enum Party: String, CaseIterable, Hashable, Sendable {
    case kernel
    case peer
}

/// A call of RFC 9293, section 3.10, by its name in the sockets interface.
package enum Call: Hashable, Sendable {
    case listen
    case connect
    case accept
    case send(Int)
    /// All that is there.
    case receive
    /// shutdown(2) of the sending half.
    case shutdown
    case close
    /// close(2) with SO_LINGER of 0 seconds: RST.
    case abort
    /// SO_KEEPALIVE; seconds.
    case keepAlive(idle: Int, interval: Int, count: Int)
    /// TCP_USER_TIMEOUT.
    case userTimeout(Microseconds)
}

/// A segment by its distance from what would come next.
package struct RawSegment: Hashable, Sendable {
    package var control: Control
    /// From the peer's next sequence number.
    package var sequence = 0
    /// From the kernel's next sequence number; meaningless without ACK.
    package var acknowledgment = 0
    package var data = 0
    package var window: UInt16 = 65_535

    package init(_ control: Control) { self.control = control }
}

package struct Expectation: Hashable, Sendable {
    /// `nil`: any.
    package var kernel: State?
    package var peer: State?
    package var within: Microseconds = 3_000_000
    /// Where it stands in the user's file.
    package var line: Int?

    package init(kernel: State? = nil, peer: State? = nil, within: Microseconds = 3_000_000) {
        self.kernel = kernel
        self.peer = peer
        self.within = within
    }
}
