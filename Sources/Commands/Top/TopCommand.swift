import ArgumentParser
import Kernel
import Sockets

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows live on a screen what piles up, who holds it, and what is wrong.",
        usage: "linger top [<options>] [<filter> ...]",
        discussion: TopHelp.text)

    @Argument(help: ArgumentHelp("Which connections, as for 'linger list'.", valueName: "filter"))
    var filter: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("From one look to the next, at least; 0.2 to 3600.", valueName: "seconds"))
    var every = 1.0

    @Flag(name: [.customShort("4"), .customLong("ipv4")], help: "Only IPv4 sockets.")
    var ipv4 = false

    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Only IPv6 sockets.")
    var ipv6 = false

    @Option(
        name: [.customShort("N"), .customLong("netns")],
        help: ArgumentHelp(
            "all (default as root), own, a name of 'ip netns', pid:N or net:[INODE].", valueName: "netns"))
    var namespaces: String?

    @Flag(help: "The same as --color never.")
    var noColor = false

    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        Allocator.giveLargeBlocksBack()
        let messages = languageOptions.messages
        let plan = try TopPlan(self, messages)
        guard StandardStream.input.isTerminal, StandardStream.output.isTerminal else {
            throw Failure(.usage, messages.topNeedsTerminal)
        }
        do {
            var run = try TopRun(plan)
            try run.run()
        } catch let error as KernelError {
            throw Failure(error)
        }
    }
}
