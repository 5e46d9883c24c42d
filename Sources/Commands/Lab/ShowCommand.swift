import ArgumentParser
import Kernel
import Lab
import Sockets

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Plays a scenario with this kernel and draws it, as in RFC 9293.",
        usage: "linger lab show [<scenario>] [<options>]",
        discussion: """
            Plays a real connection between this kernel and an endpoint in user space, in
            a network namespace of their own, and shows each segment with the states of
            both ends. The kernel's states are read from the kernel, not assumed.

            SCENARIOS
              handshake, teardown, teardown-fin-ack, half-close, simultaneous-open,
              simultaneous-close, reset, refused, lost-third-segment, zero-window,
              dead-peer, keepalive, time-wait-reuse

            EXAMPLES
              linger lab show                           all scenarios, one a line
              linger lab show teardown
              linger lab show handshake --mermaid > handshake.mmd
              linger lab show keepalive --pcap keepalive.pcap

            EXIT CODES
              0 shown, 1 the connection did not go as the scenario says, 2 not possible.
            """)

    @Argument(
        help: ArgumentHelp("A scenario; without one, lists them all.", valueName: "scenario"),
        completion: .list(Scenario.all.map(\.name)))
    var scenario: String?

    @Flag(help: "Print a Mermaid sequence diagram instead.")
    var mermaid = false

    @Option(
        help: ArgumentHelp("Write the segments to a capture file, for tcpdump and Wireshark.", valueName: "file"),
        completion: .file(extensions: ["pcap"]))
    var pcap: String?

    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Over IPv6.")
    var ipv6 = false

    @OptionGroup var screenOptions: ScreenOptions

    func run() throws {
        guard let scenario else { return try list() }
        let wanted: Scenario
        do throws(LabError) { wanted = try Scenario.named(scenario) } catch { throw Failure(.usage, error.description) }
        try ScenarioRun(wanted, mermaid: mermaid, pcap: pcap, ipv6: ipv6, screen: screenOptions.screen).run()
    }

    private func list() throws {
        let width = Scenario.all.map(\.name.count).max() ?? 0
        var output = Output(messages: Messages(language: .en))
        for scenario in Scenario.all {
            let padding = String(repeating: " ", count: width - scenario.name.count)
            output.buffer.append(string: "\(scenario.name)\(padding)  \(scenario.title)\n")
        }
        try output.flush()
    }
}

/// Plays a scenario and prints it; the same for `show` and `run`.
struct ScenarioRun {
    var scenario: Scenario
    var mermaid: Bool
    var pcap: String?
    var ipv6: Bool
    var screen: Screen

    init(_ scenario: Scenario, mermaid: Bool, pcap: String?, ipv6: Bool, screen: Screen) {
        self.scenario = scenario
        self.mermaid = mermaid
        self.pcap = pcap
        self.ipv6 = ipv6
        self.screen = screen
    }

    /// - Throws: `ExitStatus.findings` when an expectation did not hold, after printing.
    func run() throws {
        let file: NewFile?
        do throws(KernelError) {
            file = try pcap.map { path throws(KernelError) in try NewFile(path) }
        } catch {
            throw Failure(.usage, "no capture can be written: \(error)")
        }
        var unwritten: KernelError?
        let figure: Figure
        do throws(LabError) {
            let player = try Player(scenario, family: ipv6 ? .ipv6 : .ipv4) { bytes in
                do throws(KernelError) { try file?.write(bytes) } catch { unwritten = error }
            }
            _ = try player.play()
            figure = player.figure
            guard !player.rig.isAskedToEnd else { throw LabError("stopped", next: "") }
        } catch {
            throw Failure(.usage, error.description)
        }
        if let unwritten { throw Failure(.usage, "the capture is not whole: \(unwritten)") }
        var output = Output(messages: Messages(language: .en))
        output.buffer.append(string: mermaid ? figure.mermaid : FigurePage(figure: figure, screen: screen).text)
        try output.flush()
        if !figure.holds { throw ExitStatus.findings }
    }
}
