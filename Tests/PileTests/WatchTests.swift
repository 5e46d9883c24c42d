import Foundation
import Testing

/// `linger watch` against a program that opens and closes real connections in every order, and logs what it did
/// (Tests/Watch/truth.py).
@Suite struct WatchTests {
    /// Connections: of each order some hundreds. LINGER_WATCH_COUNT=20000 takes half a minute more.
    static let count = ProcessInfo.processInfo.environment["LINGER_WATCH_COUNT"].flatMap(Int.init) ?? 2250

    @Test("every transition is seen, every owner is right, every life is as the log has it; drops are counted exactly")
    func accuracy() throws {
        let truth = try Truth(count: Self.count)
        // The same connections, seen by three at once: by their transitions, as lives, and through the smallest buffer.
        let byTransitions = try Watch(["--netns", truth.namespace])
        let byLives = try Watch(["--netns", truth.namespace, "--lives"])
        let tooSmall = try Watch(["--netns", truth.namespace, "--buffer", "4"])
        let tooSmallForLives = try Watch(["--netns", truth.namespace, "--lives", "--buffer", "4"])
        let sockets = try truth.run()
        let (transitions, exit) = try byTransitions.end()
        let (lives, exitOfLives) = try byLives.end()
        let (some, exitOfSome) = try tooSmall.end()
        let (someLives, exitOfSomeLives) = try tooSmallForLives.end()
        truth.end()

        let complete = try #require(transitions.last)
        #expect(complete.event == "end" && complete.losses == 0)
        // Nothing is missed in silence: what the kernel ran no program for is found, and marked where it is told.
        let unseen = try #require(complete.unseen)
        let unseenOfLives = try #require(lives.last?.unseen)
        #expect(exit == .code(unseen == 0 ? 0 : 4) && exitOfLives == .code(unseenOfLives == 0 ? 0 : 4))
        try compare(sockets, unseen == 0 ? transitions : nil, lives, marked: unseenOfLives)

        // What was lost and what was seen make up what there was.
        #expect(exitOfSome == .code(4) && exitOfSomeLives == .code(4))
        for events in [some, someLives] {
            let small = try #require(events.last)
            let lost = try #require(small.lostTransitions)
            #expect(lost > 0)
            #expect(small.missedRuns == 0 && small.undecoded == 0)
            if unseen == 0 {
                #expect(try #require(small.transitions) + lost == complete.transitions)
                #expect(try #require(small.openings) + (try #require(small.lostOpenings)) == complete.openings)
            }
            #expect(events.contains { $0.event == "gap" })
        }
    }

    /// - Parameter transitions: `nil` where one was missed.
    /// - Parameter marked: lives of which something was missed: no more than so many say so.
    private func compare(
        _ sockets: [Truth.Socket], _ transitions: [Watch.Event]?, _ lives: [Watch.Event], marked: UInt64
    ) throws {
        let paths = transitions.map { all in
            Dictionary(grouping: all.filter { $0.event == "transition" }) { $0.cookie ?? "" }
        }
        var incomplete: UInt64 = 0
        var byCookie: [String: Watch.Event] = [:]
        var incoming: [String: Watch.Event] = [:]
        for life in lives where life.event == "life" {
            let cookie = try #require(life.cookie)
            #expect(byCookie.updateValue(life, forKey: cookie) == nil, "two lives of one socket")
            if life.way == "in" { incoming["\(life.local ?? "") \(life.remote ?? "")"] = life }
        }
        var expected = 0
        for socket in sockets {
            // The program never had a descriptor of a connection that nobody accepted.
            let found = socket.cookie.flatMap { byCookie[$0] } ?? incoming["\(socket.local ?? "") \(socket.remote)"]
            guard let life = found, let cookie = life.cookie else {
                Issue.record("no life of \(socket)")
                continue
            }
            if life.isWhole == false {
                incomplete += 1
                continue
            }
            #expect(life.states?.map(\.state) == socket.states, "\(socket)")
            #expect(life.ending == socket.ending && life.closedFirst == socket.closedFirst, "\(socket)")
            #expect(life.process?.pid == socket.pid && life.process?.fd == socket.fd, "\(socket)")
            #expect(life.isWhole == true, "\(socket)")
            if let local = socket.local { #expect(life.local == local) }
            #expect(life.remote == socket.remote)
            if let acked = socket.acked { #expect(life.bytesAcked == acked, "\(socket)") }
            if let received = socket.received { #expect(life.bytesReceived == received, "\(socket)") }
            // What follows on TIME_WAIT and on an orphan's FIN_WAIT_2 is not in the stream.
            let isSmall = socket.states.last == "time_wait" || socket.ending == "orphaned"
            if let path = paths.map({ $0[cookie] ?? [] })?.filter({ $0.basis == "stream" }).compactMap(\.new) {
                #expect(path == socket.states + (isSmall ? [] : ["closed"]), "\(socket)")
            }
            expected += socket.states.count + (socket.states.last == "time_wait" ? 0 : 1)
        }
        #expect(incomplete <= marked)
        guard let transitions else { return }
        // Beside them there are only the listeners of those that nobody accepts: opened and closed.
        let listeners = transitions.filter { $0.event == "opening" && $0.way == "listen" }.count
        #expect(transitions.last?.transitions == UInt64(expected + 2 * listeners))
    }

    @Test("a stream that begins in the middle of a churn has no ghosts and no holes")
    func churn() throws {
        let truth = try Truth(count: Self.count)
        // They come while connections are opened and closed: each looks at another moment of it.
        let first = try Watch(["--netns", truth.namespace, "--lives"])
        truth.go()
        let later = try (0..<4).map { _ in try Watch(["--netns", truth.namespace, "--summary", "3600"]) }
        let sockets = try truth.finish()
        let seen = try first.end().events.filter { $0.event == "life" }.count
        #expect(seen >= sockets.count)
        // All is closed. Whatever a watch still believed to live would be a ghost; the one listener is none.
        let listener = try Outcome(
            of: ["nsenter", "--target", String(truth.pids[0]), "--net", "ss", "-tlnH"]
        ).output.split(separator: "\n").count
        for watch in later {
            let (events, exit) = try watch.end()
            #expect(exit == .code(0))
            let states = try #require(events.last { $0.event == "summary" }?.statesNow)
            for state in ["syn_sent", "syn_rcvd", "established", "fin_wait_1", "close_wait", "last_ack", "closing"] {
                #expect(states[state] == nil, "a ghost in \(state)")
            }
            #expect(states["listen"] == listener)
        }
        truth.end()
    }

    @Test(
        "it ends at a signal, takes its programs with it, and says what it saw", arguments: [SIGINT, SIGTERM, SIGHUP])
    func ends(signal: Int32) throws {
        // Nobody connects from port 1 to port 1: other tests are not seen.
        let watch = try Watch(["sport = :1 and dport = :1"])
        let (events, exit) = try watch.end(signal)
        #expect(exit == .code(0))
        #expect(events.map(\.event) == ["start", "ready", "end"])
    }

    @Test(
        "what cannot be watched is refused with what to do",
        arguments: [
            (["age", ">", "10m"], "linger list"), (["--buffer", "5"], "power of two"), (["--summary", "0"], "seconds"),
            (["--lives", "--summary", "1"], "choose one"), (["--follow", "0"], "number of a process"),
        ])
    func refused(arguments: [String], hint: String) throws {
        let outcome = try Linger.run(["watch"] + arguments)
        #expect(outcome.exit == .code(2))
        #expect(outcome.errors.contains(hint))
    }
}
