import TCP

/// A place where Linux does otherwise than RFC 9293 and so than the model, and why: docs/decisions/0004.
struct KnownDifference: Sendable {
    var name: String
    var matches: @Sendable (Case) -> Bool

    struct Case {
        var opening: Opening
        var step: Step
        /// Of the model, before the step.
        var before: State?
        var kernel: Outcome
        var model: Outcome
    }

    static let all: [KnownDifference] = [
        // A socket that does not block answers EAGAIN where the RFC queues the data until the handshake is over.
        KnownDifference(name: "send before the handshake is over") {
            $0.step == .call(.send) && ($0.before == .synSent || $0.before == .synReceived) && $0.kernel.isRefused
        },
        // shutdown(2) succeeds again and again; the RFC says "connection closing".
        KnownDifference(name: "shutdown once more") {
            var model = $0.model
            model.isRefused = false
            return $0.step == .call(.shutdown) && $0.model.isRefused && $0.kernel == model
        },
        // tcp_shutdown() leaves SYN_RECV alone, and sends the FIN when the handshake is over.
        KnownDifference(name: "shutdown in SYN_RCVD") {
            $0.step == .call(.shutdown) && $0.before == .synReceived && $0.kernel.state == .synReceived
        },
        // tcp_check_req() looks at a request's ACK before it looks at its sequence number.
        KnownDifference(name: "a request with a wrong SYN+ACK") {
            $0.opening == .passive && $0.step == .segment(.synAck, isRight: false) && $0.before == .synReceived
                && $0.kernel.answers.map(\.control) == [.rst] && $0.model.answers.map(\.control) == [.ack]
                && $0.kernel.state == $0.model.state
        },
        // After close(2) the small socket that stands for FIN_WAIT_2 (tcp_timewait_state_process()) takes no notice of the
        // numbers of an ACK without data, and any RST in the window ends it.
        KnownDifference(name: "an orphan in FIN_WAIT_2 and an ACK of what was not sent") {
            $0.before == .finWait2 && $0.step == .segment(.ack, isRight: false) && $0.kernel.answers.isEmpty
                && $0.kernel.state == .finWait2
        },
        KnownDifference(name: "an orphan in FIN_WAIT_2 and a RST in the window") {
            $0.before == .finWait2 && $0.step == .segment(.rst, isRight: false) && $0.kernel.answers.isEmpty
                && $0.kernel.state == nil
        },
        // tcp_sequence() lets in what ends just at the window's left edge: the ACK of a FIN that comes again is taken.
        KnownDifference(name: "a repeated FIN with a new ACK") {
            $0.step == .segment(.finAck, isRight: true) && $0.before == .lastAck && $0.kernel.state == nil
                && $0.kernel.answers.isEmpty && $0.model.state == .lastAck
        },
        // close(2) looks for unread data before it looks at SO_LINGER; the RFC's ABORT says nothing to the peer in LAST_ACK.
        KnownDifference(name: "abort in LAST_ACK with data unread") {
            $0.before == .lastAck && $0.step == .call(.abort) && $0.kernel.answers.map(\.control) == [[.rst, .ack]]
                && $0.model.answers.isEmpty && $0.kernel.state == nil && $0.model.state == nil
        },
        // The descriptor has let go of the connection when TIME_WAIT begins: there is nothing left to abort.
        KnownDifference(name: "abort in TIME_WAIT") {
            $0.before == .timeWait && $0.step == .call(.abort) && $0.kernel.state == .timeWait
        },
    ]
}
