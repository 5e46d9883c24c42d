import ArgumentParser
import Kernel
import Sockets

extension StreamOptions.Method: Choice {}

enum WatchFormat: String, Choice { case table, ndjson }

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Shows every change of state live, none lost in silence, and who opened what.",
        discussion: WatchHelp.text)

    @Argument(help: ArgumentHelp("Which connections, as for ss; see FILTERS.", valueName: "filter"))
    var filter: [String] = []

    @Flag(help: "Print one line a finished connection, instead of one a transition.")
    var lives = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Print tables of what goes on, every so many seconds.", valueName: "seconds"))
    var summary: Double?

    @Flag(help: "Show where in its program each connection was opened.")
    var stacks = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only what this process opens or accepts.", valueName: "pid"))
    var follow: Int32?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var `for`: Double?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("How to print: table or ndjson.", valueName: "format"))
    var format = WatchFormat.table

    @Flag(name: [.customShort("4"), .customLong("ipv4")], help: "Only IPv4 sockets.")
    var ipv4 = false

    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Only IPv6 sockets.")
    var ipv6 = false

    @Flag(name: [.customShort("H"), .customLong("no-header")], help: "No line of titles.")
    var noHeader = false

    @Option(
        name: [.customShort("N"), .customLong("netns")],
        help: ArgumentHelp("all (default), own, a name of 'ip netns', pid:N or net:[INODE].", valueName: "netns"))
    var namespaces = "all"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("KiB that may wait in the kernel to be read; 4 to 1048576.", valueName: "kib"))
    var buffer = 16_384

    @Option(
        help: ArgumentHelp("How to see transitions: auto, bpf or snapshots; see WITHOUT EBPF.", valueName: "method"))
    var method = StreamOptions.Method.auto

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds from look to look, by snapshots; 0.1 or more.", valueName: "seconds"))
    var every = 1.0

    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        Allocator.giveLargeBlocksBack()
        let messages = languageOptions.messages
        let plan = try WatchPlan(self, messages)
        var run: WatchRun
        do {
            run = try WatchRun(plan)
        } catch let error as KernelError {
            throw Failure(error)
        }
        try run.run()
    }
}
