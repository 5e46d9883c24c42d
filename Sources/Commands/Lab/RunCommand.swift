import ArgumentParser
import Kernel
import Lab

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Plays a scenario of your own and says whether it went as expected.",
        usage: "linger lab run <file> [<options>]",
        discussion: """
            The file is YAML: which calls each end makes, which segments are withheld or
            sent by hand, and which states must come of it; docs/lab.md describes it.

                steps:
                  - kernel: listen
                  - peer: connect
                  - expect: {kernel: ESTABLISHED}
                  - peer: close
                  - expect: {kernel: CLOSE_WAIT, peer: FIN_WAIT_2}

            EXIT CODES
              0 all expectations held, 1 one did not, 2 the file is wrong or it is not
              possible.
            """)

    @Argument(
        help: ArgumentHelp("The scenario.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Flag(help: "Read the file, say what is wrong with it, and play nothing.")
    var check = false

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
        let scenario = try read()
        if check { return }
        try ScenarioRun(scenario, mermaid: mermaid, pcap: pcap, ipv6: ipv6, screen: screenOptions.screen).run()
    }

    private func read() throws(Failure) -> Scenario {
        let bytes: [UInt8]
        do throws(UnreadableFile) {
            bytes = try Surroundings.contents(ofFile: file)
        } catch {
            throw Failure(.usage, "cannot read \(file): \(error.reason)")
        }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let (scenario, mistakes) = ScenarioFile.parse(String(decoding: bytes, as: UTF8.self), name: name)
        if let scenario { return scenario }
        throw Failure(.usage, mistakes.map { $0.text(in: file) }.joined(separator: "\nlinger: "))
    }
}
