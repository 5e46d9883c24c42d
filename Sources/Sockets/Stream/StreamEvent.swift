/// What the stream of a host's connections tells, in the order in which the kernel wrote it.
package enum StreamEvent: Sendable, Hashable {
    case transition(Transition)
    case opening(Opening)
    /// Transitions and opening of one connection at once; only where courses are asked for.
    case course(Course)

    package var cookie: UInt64 {
        switch self {
        case .transition(let transition): transition.cookie
        case .opening(let opening): opening.cookie
        case .course(let course): course.cookie
        }
    }
}

/// What the stream has told so far, and what of it was lost. Counted by the kernel, so what is lost is known exactly.
/// What looks cannot see is not counted here, for nobody knows it.
package struct StreamCounts: Sendable, Hashable {
    package var transitions: UInt64 = 0
    package var openings: UInt64 = 0
    /// Found no room in the ring buffer.
    package var lostTransitions: UInt64 = 0
    package var lostOpenings: UInt64 = 0
    /// Events at which the kernel did not run a program, because an interrupt met the program itself at work, and that
    /// nothing made up for.
    package var missedRuns: UInt64 = 0
    /// Those that a second program made up for: nothing of them is lost.
    package var rescued: UInt64 = 0
    /// Sockets that were accepted before they had a cookie: of connections older than the stream.
    package var unkeyedOpenings: UInt64 = 0
    /// Notices of sockets' ends that found no room in a netlink socket's buffer; only where looks tell the rest.
    package var lostNotices: UInt64 = 0
    /// Connections that came and went between two looks: no look saw them, a notice of their end did.
    package var brief: UInt64 = 0
    /// Records that could not be decoded.
    package var undecoded: UInt64 = 0

    package init() {}

    /// Events that changed something and are not told.
    package var lost: UInt64 { lostTransitions + lostOpenings + missedRuns + lostNotices + undecoded }
    package var isComplete: Bool { lost == 0 }
}
