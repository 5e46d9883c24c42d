import ArgumentParser
import Kernel
import Lab
import Sockets

struct CrowdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crowd",
        abstract: "Makes a pile of real connections, as misbehaving programs make them.",
        usage: "linger lab crowd <pile> [<options>]",
        discussion: """
            Starts real processes that really misbehave, in a network namespace of their
            own: nothing touches the network of this host. The pile stays until Ctrl-C,
            and then everything is gone; also when this command is killed.

            EXAMPLES
              linger lab crowd close-wait               look with 'linger doctor'
              linger lab crowd close-wait --count 5000  a large one
              linger lab crowd close-wait-shared        two processes, the same sockets
              linger lab crowd time-wait --healthy      its neighbour that is well
              linger lab crowd --list                   all piles, one a line
            """)

    @Argument(
        help: ArgumentHelp("The pile; --list shows all.", valueName: "pile"),
        completion: .list(CrowdPile.all.map(\.name)))
    var pile: String?

    @Flag(help: "List the piles, and make none.")
    var list = false

    @Option(help: ArgumentHelp("Connections; each pile has its own default.", valueName: "n"))
    var count: Int?

    // Unconditional, so that a negative number is refused as one.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End after so many seconds instead of at Ctrl-C.", valueName: "seconds"))
    var seconds: Double?

    @Flag(help: "Make it in the present network namespace, on loopback: both ends are seen.")
    var here = false

    @Flag(help: "Make the pile's neighbour: the same shape, and nothing wrong with it.")
    var healthy = false

    @Option(help: ArgumentHelp("The port that the pile is about.", valueName: "port"))
    var port: UInt16?

    @Option(help: ArgumentHelp("4, 6, or mapped: IPv4 under sockets of IPv6.", valueName: "family"))
    var family = CrowdFamily.ipv4

    @Flag(help: "Connections of MPTCP.")
    var mptcp = false

    @Flag(help: "Print one line of JSON when the pile stands, for scripts; see linger(8).")
    var json = false

    @Flag(help: "End when standard input does, for scripts.")
    var untilEof = false

    func run() throws {
        if list { return try print(CrowdPage.list) }
        guard let pile else { throw Failure(.usage, "which pile? 'linger lab crowd --list' shows all") }
        if let seconds, !(0...1e6).contains(seconds) {
            throw Failure(.usage, "--seconds \(seconds): give a number from 0 to 1000000")
        }
        do throws(LabError) {
            try hold(try CrowdPile.named(pile))
        } catch {
            throw Failure(.usage, error.description)
        }
    }

    private func hold(_ pile: CrowdPile) throws(LabError) {
        var options = CrowdOptions()
        (options.count, options.port, options.family) = (count, port, family)
        (options.isMultipath, options.isHealthy, options.isHere) = (mptcp, healthy, here)
        let crowd = try Crowd(pile, options)
        defer { crowd.end() }
        let page = CrowdPage(crowd: crowd, options: options, seconds: seconds)
        do throws(KernelError) {
            // Signals are held back after the members were started, who must not inherit that, and before anybody reads that
            // the pile stands.
            let watch = try HoldWatch(watchesInput: untilEof)
            StandardStream.output.write(line: json ? page.json : page.text)
            let end = seconds.map { Surroundings.monotonicSeconds + $0 }
            while true {
                let left = end.map { $0 - Surroundings.monotonicSeconds } ?? 1
                if left <= 0 { break }
                guard try watch.wait(milliseconds: Int(min(0.1, left) * 1000) + 1) == .timePassed else { break }
                for news in crowd.tick() { Notes.note(news) }
            }
        } catch {
            throw LabError("\(error)", next: "")
        }
    }

    private func print(_ text: String) throws {
        var output = Output(messages: Messages(language: .en))
        output.buffer.append(string: text)
        try output.flush()
    }
}

extension CrowdFamily: Choice {}
