internal import Sockets
internal import TCP

extension Scenario {
    /// Those of `linger lab show`, in the order in which a person should see them.
    package static let all: [Scenario] = [
        handshake, teardown, halfClose, simultaneousOpen, simultaneousClose, reset, refused, lostThirdSegment,
        zeroWindow,
        deadPeer, keepalive, timeWaitReuse,
    ]

    package static func named(_ name: String) throws(LabError) -> Scenario {
        let name = String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
        if let scenario = all.first(where: { $0.name == name }) { return scenario }
        let names = all.map(\.name)
        let meant = Suggestion.nearest(to: name, among: names).map { "did you mean \($0)? " } ?? ""
        throw LabError("there is no scenario '\(name)'", next: meant + "there are \(names.joined(separator: ", "))")
    }

    /// A connection that the peer opened, not shown.
    private static let opened: [Step] = [
        .hide, .call(.kernel, .listen), .call(.peer, .connect),
        .expect(Expectation(kernel: .established, peer: .established)),
        .call(.kernel, .accept), .show,
    ]

    private static let handshake = Scenario(
        name: "handshake", title: "Handshake: three segments open a connection (RFC 9293, figure 6)",
        steps: [
            .say("The kernel's end is a server: it listens, and waits for somebody to ask."),
            .call(.kernel, .listen),
            .say(
                "The peer asks with a SYN. It carries the number from which the peer counts its bytes, and it uses one number"
                    + " itself. The kernel answers with ACK and a SYN of its own in one segment, and the peer acknowledges"
                    + " that. The connection is open at each end when it knows that the other one has heard it."),
            .call(.peer, .connect),
            .expect(Expectation(kernel: .established, peer: .established)),
        ])

    private static let teardown = Scenario(
        name: "teardown", title: "Teardown: four segments close a connection (RFC 9293, figure 12)",
        steps: opened + [
            .say(
                "The kernel's program closes first, actively. Its FIN says: no more data from here. It uses one sequence number,"
                    + " so the peer acknowledges the number after it. The peer's program has not closed yet: its end is in"
                    + " CLOSE_WAIT, and if the program forgot to close, it would stay there."),
            .call(.kernel, .close),
            .expect(Expectation(kernel: .finWait2, peer: .closeWait)),
            .say(
                "Now the peer's program closes too. The last ACK may be lost, and then the peer's FIN comes again: so the end"
                    + " that closed first stays in TIME_WAIT for 2 MSL (60 s on Linux), to answer it."),
            .call(.peer, .close),
            .expect(Expectation(kernel: .timeWait, peer: .closed)),
        ])

    private static let halfClose = Scenario(
        name: "half-close", title: "Half-close: one direction is closed, the other one still carries data",
        steps: opened + [
            .say(
                "The kernel's program has sent all it had, and says so: shutdown(2) of the sending half. It goes on reading."
            ),
            .call(.kernel, .shutdown),
            .expect(Expectation(kernel: .finWait2, peer: .closeWait)),
            .say(
                "The peer is in CLOSE_WAIT and may send as long as it likes. The kernel acknowledges it in FIN_WAIT_2."),
            .call(.peer, .send(100)),
            .call(.kernel, .receive),
            .say("Then the peer is done as well."),
            .call(.peer, .close),
            .expect(Expectation(kernel: .timeWait, peer: .closed)),
        ])

    private static let simultaneousOpen: Scenario = {
        var scenario = Scenario(
            name: "simultaneous-open", title: "Simultaneous open: both ends send SYN (RFC 9293, figure 7)",
            steps: [
                .say(
                    "Nobody listens. Both ends connect to each other at the same moment, and the two SYNs cross on the way"
                        + " ('...' stands for a segment that is on its way). Each end has sent a SYN and gets one instead of an"
                        + " answer: it goes to SYN_RCVD, and sends its SYN again, with an ACK. It becomes one connection."
                ),
                .together([.call(.kernel, .connect), .call(.peer, .connect)]),
                .expect(Expectation(kernel: .established, peer: .established)),
            ])
        scenario.kernelSide = .client
        return scenario
    }()

    private static let simultaneousClose = Scenario(
        name: "simultaneous-close", title: "Simultaneous close: both ends send FIN (RFC 9293, figure 13)",
        steps: opened + [
            .say(
                "Both programs close at the same moment, and the FINs cross. Each end gets the other's FIN before an ACK of its"
                    + " own: that is CLOSING, the rarest state. With the ACK it goes on to TIME_WAIT, at both ends."),
            .together([.call(.kernel, .close), .call(.peer, .close)]),
            .expect(Expectation(kernel: .timeWait, peer: .timeWait)),
        ])

    private static let reset = Scenario(
        name: "reset", title: "Reset: one end breaks the connection off",
        steps: opened + [
            .say(
                "The peer's program aborts: one RST, no answer, no TIME_WAIT, and data on the way is lost. The kernel's end is"
                    + " CLOSED at once, and its program's next call fails with 'Connection reset by peer'."),
            .call(.peer, .abort),
            .expect(Expectation(kernel: .closed, peer: .closed)),
        ])

    private static let refused: Scenario = {
        var scenario = Scenario(
            name: "refused", title: "Refused: nobody listens on that port",
            steps: [
                .say(
                    "The kernel's program connects to a port on which nobody listens. The peer's TCP answers the SYN with RST,"
                        + " and connect(2) fails at once with 'Connection refused'. With no answer at all it would stay in"
                        + " SYN_SENT and try again for two minutes."),
                .call(.kernel, .connect),
                .expect(Expectation(kernel: .closed, peer: .closed)),
            ])
        scenario.kernelSide = .client
        return scenario
    }()

    private static let lostThirdSegment: Scenario = {
        var scenario = Scenario(
            name: "lost-third-segment", title: "The handshake's third segment is lost (X)",
            steps: [
                .call(.kernel, .listen),
                .say(
                    "The peer believes that the connection is open; the kernel waits for the third segment in SYN_RCVD. After a"
                        + " second it sends its SYN,ACK again, and the peer, which has it already, acknowledges once more."
                ),
                .withhold(.afterSyn, from: .peer, count: 1),
                .call(.peer, .connect),
                .expect(Expectation(kernel: .synReceived, peer: .established)),
                .expect(Expectation(kernel: .established, peer: .established)),
            ])
        scenario.showsTimes = true
        return scenario
    }()

    private static let zeroWindow: Scenario = {
        var scenario = Scenario(
            name: "zero-window", title: "Zero window: the peer's program does not read",
            steps: opened + [
                .say(
                    "The peer has room for 2000 bytes, and its program reads none of them. The kernel's program sends 3000. When"
                        + " the room is full, the peer announces a window of 0, and the kernel must wait."),
                .call(.kernel, .send(3000)),
                .say(
                    "The announcement that there is room again could get lost, and both ends would wait for ever. So the kernel"
                        + " asks now and then: a window probe, a segment that is out of the window and must be answered."
                ),
                .wait(800_000),
                .say("The peer's program reads, the window opens, and what waited is sent."),
                .call(.peer, .receive),
                .expect(Expectation(kernel: .established, peer: .established)),
            ])
        scenario.peer.receiveBufferSize = 2000
        scenario.peer.windowScale = nil
        // Every probe is answered, not one in half a second.
        scenario.peer.invalidInterval = 0
        scenario.showsTimes = true
        return scenario
    }()

    private static let deadPeer: Scenario = {
        var scenario = Scenario(
            name: "dead-peer", title: "Dead peer: nobody acknowledges any more",
            steps: opened + [
                .say(
                    "The peer's host has gone without a word: nothing arrives there (X). The kernel sends data again and again,"
                        + " each time after twice the time. By default it gives up after 15 times, which takes about a quarter"
                        + " of an hour; this program has set TCP_USER_TIMEOUT to 1.5 s."),
                .call(.kernel, .userTimeout(1_500_000)),
                .withhold(.everything, from: .kernel, count: nil),
                .call(.kernel, .send(100)),
                .expect(Expectation(kernel: .closed, within: 10_000_000)),
                .say(
                    "The kernel's end is CLOSED: 'Connection timed out'. The peer, if it comes back, still believes in it."
                ),
            ])
        scenario.showsTimes = true
        return scenario
    }()

    private static let keepalive: Scenario = {
        var scenario = Scenario(
            name: "keepalive", title: "Keepalive: is somebody still there?",
            steps: opened + [
                .say(
                    "Nothing is sent on this connection. After a second of silence (two hours by default) the kernel sends a"
                        + " probe: an ACK with a number that is one too low, which the peer must answer."),
                .call(.kernel, .keepAlive(idle: 1, interval: 1, count: 2)),
                .wait(1_300_000),
                .say(
                    "Then the peer is gone (X). Two probes without an answer, and the kernel ends the connection with RST."
                ),
                .withhold(.everything, from: .kernel, count: nil),
                .expect(Expectation(kernel: .closed, within: 10_000_000)),
            ])
        scenario.showsTimes = true
        return scenario
    }()

    private static let timeWaitReuse = Scenario(
        name: "time-wait-reuse", title: "A new connection between the same ports ends TIME_WAIT (RFC 6191)",
        steps: opened + [
            .say("The kernel's end closes first, and so stays in TIME_WAIT."),
            .call(.kernel, .close), .call(.peer, .close),
            .expect(Expectation(kernel: .timeWait, peer: .closed)),
            .say(
                "The peer connects again from the same port. Its SYN has a number beyond all that the old connection used, so it"
                    + " cannot be an old segment that was late: the kernel lets TIME_WAIT go and takes the new connection. A"
                    + " client in TIME_WAIT, though, does not get its port back like this."),
            .call(.peer, .connect),
            .expect(Expectation(kernel: .established, peer: .established)),
        ])
}
