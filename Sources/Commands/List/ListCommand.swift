import ArgumentParser
import Diagnosis
import Kernel
import Sockets
import TCP

enum ListFormat: String, Choice { case table, wide, json, ndjson, csv }

extension Grouping: Choice {}

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists connections: state, queues, age, timer, and every process that holds them.",
        discussion: ListHelp.text)

    @Argument(
        help: ArgumentHelp("Which connections, as for ss; see FILTERS.", valueName: "filter"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp("Columns in this order, with commas between, or all.", valueName: "names"),
        completion: .list(["all"] + Column.list.map(\.name)))
    var columns: String?

    // Unconditional, for the value may begin with a dash.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Sort by a column; with a dash downwards: --sort -age.", valueName: "[-]column"),
        completion: .list(Column.list.flatMap { [$0.name, "-" + $0.name] }))
    var sort: String?

    @Option(help: ArgumentHelp("Print counts, with their states, instead of connections.", valueName: "what"))
    var groupBy: Grouping?

    // Unconditional, so that a negative number is refused as one.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Print at most so many rows or groups, and say how many were left out.", valueName: "n"))
    var limit: Int?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "How to print, table by default; json, ndjson and csv have all columns.", valueName: "format"))
    var givenFormat: ListFormat?

    @Flag(name: [.customShort("4"), .customLong("ipv4")], help: "Only IPv4 sockets.")
    var ipv4 = false

    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Only IPv6 sockets.")
    var ipv6 = false

    @Flag(name: .shortAndLong, help: "Listeners too, and CLOSED sockets that the kernel still lists.")
    var all = false

    @Flag(name: .shortAndLong, help: "Only listeners.")
    var listening = false

    @Flag(name: .shortAndLong, help: "Add user, inode, cookie and cgroup to a table.")
    var extended = false

    @Flag(name: .shortAndLong, help: "Add round-trip time, retransmissions and traffic to a table.")
    var info = false

    @Flag(name: .shortAndLong, help: "Add socket memory to a table.")
    var memory = false

    @Flag(name: [.customShort("H"), .customLong("no-header")], help: "No line of titles.")
    var noHeader = false

    @Flag(name: [.customShort("n"), .customLong("numeric")], help: "Accepted as for ss: output is always numeric.")
    var numeric = false

    @Flag(name: [.customShort("p"), .customLong("processes")], help: "Accepted as for ss: holders are always shown.")
    var processes = false

    @Flag(name: [.customShort("t"), .customLong("tcp")], help: "Accepted as for ss: Linger sees TCP only.")
    var tcp = false

    @Flag(
        name: [.customShort("u"), .customLong("udp")],
        help: "Accepted beside -t, as for netstat: Linger sees TCP only.")
    var udp = false

    @OptionGroup var observation: ObservationOptions
    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    var format: ListFormat { givenFormat ?? .table }

    func run() throws {
        let messages = languageOptions.messages
        let plan = try ListPlan(self, messages)
        let snapshot = try observation.look(by: observation.observer(messages), plan.look)
        try plan.print(snapshot, screen: screenOptions.screen)
        let phrasebook = Phrasebook(language: messages.language)
        for gap in snapshot.gaps where gap.isPartial { Notes.note(messages.gapInShort(gap, phrasebook)) }
        if snapshot.gaps.contains(where: \.isPartial) { throw ExitStatus.partlySeen }
    }
}
