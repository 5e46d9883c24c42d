import Foundation
import Testing

/// `linger watch` where eBPF is refused or not wanted: transitions out of looks and of the kernel's notices of ends.
@Suite struct SnapshotWatchTests {
    private static let bySnapshots = ["--method", "snapshots", "--every", "0.1"]
    /// Root without what eBPF takes.
    static let withoutBPF = [
        "setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon", "--inh-caps=-sys_admin,-bpf,-perfmon",
    ]

    @Test("states that last are all seen, with whose they are, and the times that are told hold the true ones")
    func states() throws {
        let steps = try Steps()
        let watch = try Watch(["--netns", steps.namespace] + Self.bySnapshots)
        let opened = try steps.run("open 20")
        // A look for holders may come later: on a busy machine they are not sought in each.
        try watch.wait(for: "both ends, and whose they are") {
            $0.count { $0.new == "established" } == 40 && $0.count { $0.way == "held" } == 40
        }
        let half = try steps.run("half")
        try watch.wait(for: "half-closed") {
            $0.count { $0.new == "fin_wait_2" } == 20 && $0.count { $0.new == "close_wait" } == 20
        }
        let closed = try steps.run("close")
        try watch.wait(for: "their ends") {
            $0.count { $0.new == "time_wait" } == 20 && $0.count { $0.old == "close_wait" && $0.new == "closed" } == 20
        }
        try steps.run("drop")
        let (events, exit) = try watch.end()

        #expect(exit == .code(0))
        let start = try #require(events.first)
        #expect(start.method == "snapshots" && start.refused == nil)
        #expect(start.limits?.contains("states_between_looks") == true && start.limits?.contains("no_notices") == false)
        let transitions = events.filter { $0.event == "transition" && $0.basis == "looks" }
        // The same step is never told twice, and nothing beside the steps.
        #expect(transitions.count == 40 + 40 + 40)
        #expect(Set(transitions.compactMap(\.cookie)) == Set(opened.cookies))
        for one in transitions {
            let step = one.new == "established" ? opened : one.old == "established" ? half : closed
            let told = try #require(one.notBeforeUs)...(try #require(one.timeUs))
            #expect(told.overlaps(step.interval), "\(one)")
            #expect(one.afterIsExact != true)
            #expect(one.process?.pid == steps.pid || one.new == "established" && one.process == nil, "\(one)")
        }
        #expect(events.filter { $0.way == "held" }.allSatisfy { $0.process?.pid == steps.pid && $0.process?.fd != nil })
        let end = try #require(events.last)
        #expect(end.brief == 0 && end.losses == 0 && end.transitions == 120)
        #expect(!events.contains { $0.event == "correction" })
    }

    @Test("connections between two looks are told by the notices of their ends: each once, and none that was not")
    func brief() throws {
        let steps = try Steps()
        // One look at the beginning, and the next when all is over, or nearly so.
        let watch = try Watch(["--netns", steps.namespace, "--lives", "--method", "snapshots", "--every", "4"])
        let done = try steps.run("brief 150")
        try watch.wait(for: "every life") { $0.count { $0.event == "life" } >= done.cookies.count }
        let (events, exit) = try watch.end()
        #expect(exit == .code(0))
        let lives = events.filter { $0.event == "life" }.compactMap(\.cookie)
        #expect(lives.count == done.cookies.count && Set(lives) == Set(done.cookies))
        #expect(try #require(events.last?.brief) > 0)
        #expect(events.last?.losses == 0)
    }

    @Test("under churn every connection is told once, and no ghost is left")
    func churn() throws {
        let truth = try Truth(count: WatchTests.count)
        let place = ["--netns", truth.namespace] + Self.bySnapshots
        let watch = try Watch(place + ["--lives"])
        let later = try Watch(place + ["--summary", "3600"])
        let all = try truth.run()
        // A SYN that is refused leaves no trace, for the socket has forgotten its peer by then, unless a look saw it.
        let refused = Set(all.filter { $0.order == "refused" }.compactMap(\.cookie))
        let sockets = all.filter { $0.order != "refused" }
        func lives(_ events: [Watch.Event]) -> [String] {
            events.filter { $0.event == "life" && $0.ending != "stopped_listening" }.compactMap(\.cookie)
                .filter { !refused.contains($0) }
        }
        try watch.wait(for: "every life") { lives($0).count >= sockets.count }
        let (events, exit) = try watch.end()
        #expect(exit == .code(0))
        let told = lives(events)
        let twice = Dictionary(grouping: told) { $0 }.filter { $0.value.count > 1 }.keys
        #expect(twice.isEmpty, "told twice: \(events.filter { twice.contains($0.cookie ?? "") })")
        #expect(told.count == sockets.count)
        #expect(Set(told).isSuperset(of: sockets.compactMap(\.cookie)))
        #expect(!events.contains { $0.event == "correction" })

        let (summary, _) = try later.end()
        let states = try #require(summary.last { $0.event == "summary" }?.statesNow)
        for state in ["syn_sent", "syn_rcvd", "established", "fin_wait_1", "close_wait", "last_ack", "closing"] {
            #expect(states[state] == nil, "a ghost in \(state)")
        }
        truth.end()
    }

    @Test("notices that find no room are counted, make it look again, and are no silence: exit code 4")
    func overflow() throws {
        let steps = try Steps()
        let watch = try Watch(
            ["--netns", steps.namespace, "--method", "snapshots", "--every", "3", "--buffer", "4", "--lives"])
        let done = try steps.run("brief 400")
        try watch.wait(for: "a gap") { $0.contains { $0.event == "gap" } }
        let (events, exit) = try watch.end()
        #expect(exit == .code(4))
        let lost = try #require(events.last?.lostNotices)
        #expect(lost > 0)
        // A notice for each socket, told or counted as lost.
        let cookies = Set(events.filter { $0.event == "life" }.compactMap(\.cookie))
        #expect(cookies.isSubset(of: Set(done.cookies)))
        #expect(UInt64(cookies.count) + lost >= UInt64(done.cookies.count))
    }

    @Test("where eBPF is refused it watches by looks, and says so")
    func refused() throws {
        let steps = try Steps()
        let watch = try Watch(["--netns", "own", "--every", "0.1"], behind: steps.inside + Self.withoutBPF)
        try steps.run("open 3")
        try watch.wait(for: "connections, and whose they are") {
            $0.count { $0.new == "established" } == 6 && $0.count { $0.way == "held" } == 6
        }
        let (events, exit) = try watch.end()
        #expect(exit == .code(0))
        #expect(events.first?.method == "snapshots" && events.first?.refused?.contains("bpf") == true)
        #expect(events.filter { $0.way == "held" }.allSatisfy { $0.process?.pid == steps.pid })
        // Where it is demanded, it is an error with what to do.
        let outcome = try Outcome(
            of: steps.inside + Self.withoutBPF + [Linger.executable, "watch", "--method", "bpf", "--netns", "own"])
        #expect(outcome.exit == .code(3), "\(outcome)")
        #expect(outcome.errors.contains("snapshots"))
    }

    @Test("a user without privilege watches the own namespace, and is told what is not seen")
    func unprivileged() throws {
        let steps = try Steps()
        let folder = try TemporaryFolder()
        let copy = folder.path + "/linger"
        #expect(try Outcome(of: ["cp", Linger.executable, copy]).exit == .code(0))
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let watch = try Watch(["--netns", "own", "--every", "0.1"], behind: steps.inside + user, executable: copy)
        try steps.run("open 3")
        try watch.wait(for: "connections") { $0.count { $0.new == "established" } == 6 }
        try steps.run("half")
        try steps.run("close")
        try watch.wait(for: "their ends") {
            $0.count { $0.new == "time_wait" } == 3 && $0.count { $0.new == "closed" } == 3
        }
        let (events, exit) = try watch.end()
        let start = try #require(events.first)
        #expect(start.method == "snapshots" && start.limits?.contains("owners_by_descriptor") == true)
        // Whoever does not get the notices either misses more than was promised.
        #expect(exit == .code(start.limits?.contains("no_notices") == true ? 4 : 0))
        #expect(events.filter { $0.event == "transition" }.allSatisfy { $0.process == nil })
    }

    @Test("tables of who opens and closes go by looks too")
    func summary() throws {
        let steps = try Steps()
        let watch = try Watch(["--netns", steps.namespace, "--summary", "0.5"] + Self.bySnapshots)
        try steps.run("open 5")
        try steps.run("half")
        try watch.wait(for: "a table with them") {
            $0.contains { $0.statesNow?["close_wait"] == 5 && $0.statesNow?["fin_wait_2"] == 5 }
        }
        #expect(try watch.end().exit == .code(0))
    }

    @Test("it says in plain words how it watches, in both languages", arguments: ["en", "zh"])
    func words(language: String) throws {
        let outcome = try Linger.run(
            ["watch", "--method", "snapshots", "--for", "0.1", "--netns", "own", "--lang", language])
        #expect(outcome.errors.contains(language == "en" ? "times are bounds" : "时间只是界限"), "\(outcome)")
    }
}
