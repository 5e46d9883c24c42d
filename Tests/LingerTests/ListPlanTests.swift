import ArgumentParser
import Diagnosis
import Kernel
import Sockets
import TCP
import Testing

@testable import Commands

@Suite struct ListPlanTests {
    private func plan(_ arguments: [String]) throws -> ListPlan {
        try ListPlan(try ListCommand.parse(arguments), Messages(language: .en), resolver: .none)
    }

    @Test(
        "states shown are those of ss, with TIME_WAIT and SYN_RCVD",
        arguments: [
            ([], [2, 3, 4, 5, 6, 7, 8, 9]),
            (["-a"], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (["-l"], [1]),
            (["state", "listening"], [1]),
            (["state", "close-wait"], [2, 3]),
            (["state", "all"], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (["-6"], [8, 9]),
            (["-4", "state", "established"], [4]),
            (["-46"], [2, 3, 4, 5, 6, 7, 8, 9]),
            (["-tan"], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (["pid", "=", "813"], [2]),
            (["shared"], [2]),
        ] as [([String], [UInt64])])
    func selection(arguments: [String], cookies: [UInt64]) throws {
        let snapshot = SampleHost.snapshot()
        #expect(try plan(arguments).selection(of: snapshot).map { snapshot.connections[$0].cookie } == cookies)
    }

    @Test("holders are asked for only when something shown or filtered needs them")
    func holders() throws {
        #expect(try plan([]).look.holders)
        #expect(try plan(["--columns", "state,local"]).look.holders == false)
        #expect(try plan(["--columns", "state", "--sort", "holders"]).look.holders)
        #expect(try plan(["--columns", "state", "pid", "=", "1"]).look.holders)
        #expect(try plan(["--group-by", "state"]).look.holders == false)
        #expect(try plan(["--group-by", "process"]).look.holders)
        #expect(try plan(["--group-by", "unit"]).look.processDetails)
        #expect(try plan(["--columns", "holders"]).look.processDetails == false)
    }

    @Test("listeners are looked at too when rows name them, and not shown")
    func listeners() throws {
        let plan = try plan(["state", "close-wait"])
        #expect(plan.look.states == [.init(.closeWait), .init(.listen)])
        #expect(try self.plan(["--columns", "state", "state", "close-wait"]).look.states == .init(.closeWait))
    }

    @Test(
        "what makes no sense is refused with the reason",
        arguments: [
            (["--columns", "state,holder"], "did you mean holders?"),
            (["--sort", "-agee"], "did you mean age?"),
            (["--columns", "zzzzzz"], "linger list --help names them all"),
            (["--columns", ""], "--columns needs names"),
            (["--columns", "state,,local"], "--columns needs names"),
            (["--limit", "-1"], "--limit cannot be negative: -1"),
            (["--limit=-1"], "--limit cannot be negative: -1"),
            (["-u"], "Linger sees TCP only"),
            (["-uanp"], "Linger sees TCP only"),
            (["--group-by", "state", "--sort", "age"], "--sort does not go with --group-by"),
            (["--group-by", "state", "--columns", "age"], "--columns does not go with --group-by"),
            (["-N", "../etc"], "names no network namespace"),
            (["-N", "pid:x"], "names no network namespace"),
            (["state", "clos-wait"], "did you mean “close-wait”?"),
        ])
    func refusals(arguments: [String], reason: String) throws {
        let failure = #expect(throws: Failure.self) { try plan(arguments) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
    }

    @Test(
        "an empty list says why, and which names nothing has",
        arguments: [
            (["state", "closing"], ["no connection matches"]),
            (
                ["process", "=", "nosuch"],
                ["no connection matches: no process named nosuch was seen with one of the sockets looked at"]
            ),
            (
                ["pid", "=", "99999999"],
                ["no connection matches: no process 99999999 was seen with one of the sockets looked at"]
            ),
            (
                ["user", "=", "nosuch", "and", "netns", "=", "red"],
                [
                    "no connection matches: no process of user nosuch was seen with one of the sockets looked at",
                    "no connection matches: no network namespace red was looked at",
                ]
            ),
        ])
    func emptiness(arguments: [String], lines: [String]) throws {
        let plan = try plan(arguments)
        #expect(plan.selection(of: SampleHost.snapshot()).isEmpty)
        #expect(plan.emptiness(of: SampleHost.snapshot()) == lines)
    }

    @Test("what could not be seen is told by a list in one sentence", arguments: Language.allCases)
    func shortGap(language: Language) {
        let phrasebook = Phrasebook(language: language)
        for kind in Gap.Kind.allCases {
            let line = Messages(language: language).gapInShort(Gap(kind: kind, subject: "x", reason: "y"), phrasebook)
            #expect(line.hasPrefix(phrasebook.describe(Gap(kind: kind, subject: "x", reason: "y"))))
            #expect(!line.contains(phrasebook.hint(Gap(kind: kind))))
            #expect(line.contains("linger doctor"))
        }
    }

    @Test(
        "groups of options that fingers know from ss and netstat",
        arguments: [
            ("-tanp", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("-tunap", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("-tlnp", [1]),
            ("-tulpn", [1]), ("-tanpH", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("-ntp4", [2, 3, 4, 5, 6, 7]),
        ] as [(String, [UInt64])])
    func habits(group: String, cookies: [UInt64]) throws {
        let snapshot = SampleHost.snapshot()
        #expect(try plan([group]).selection(of: snapshot).map { snapshot.connections[$0].cookie } == cookies)
    }

    @Test("pid, process and fd are the column of holders", arguments: ["pid", "process", "fd"])
    func aliases(name: String) throws {
        #expect(try ColumnChoice.column(named: name, Messages(language: .en)).name == "holders")
        #expect(!Column.list.contains { $0.name == name })
    }

    @Test(
        "namespaces are named as ip netns, pid and the kernel do",
        arguments: [
            ("all", .all), ("own", .own), ("blue", .named("blue")), ("pid:17", .process(17)),
            ("net:[4026531840]", .inode(4_026_531_840)),
        ] as [(String, Look.Namespaces)])
    func namespaces(text: String, wanted: Look.Namespaces) throws {
        #expect(try Look.Namespaces(parsing: text, messages: Messages(language: .en)) == wanted)
    }
}
