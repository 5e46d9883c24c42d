import ArgumentParser
import Kernel
import Lab
import Sockets
import TCP

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Holds real sockets of this kernel in any state of TCP.",
        usage: "linger lab hold <state> [<options>]",
        discussion: """
            Makes real connections between this kernel and an endpoint in user space, in
            a network namespace of their own, and stops them where they are wanted.
            Nothing touches the network of this host. They stay until Ctrl-C, and then
            everything is gone; also when this command is killed.

            STATES
              listen, syn-sent, syn-rcvd, established, fin-wait-1, fin-wait-2,
              fin-wait-2-orphan (no process holds it), closing, time-wait,
              time-wait-fin-ack (straight from FIN_WAIT_1), time-wait-closing (over
              CLOSING), close-wait, last-ack, closed

            EXAMPLES
              linger lab hold syn-rcvd                  the third segment is withheld
              linger lab hold close-wait --count 100    a pile
              linger lab hold fin-wait-1 --side client  the kernel's end connected

            EXIT CODES
              0 held until the end, 1 some left the state before, 2 it could not be made.
            """)

    @Argument(
        help: ArgumentHelp("A state, in any spelling; see STATES.", valueName: "state"),
        completion: .list(HeldState.allCases.map(\.rawValue)))
    var state: String

    // Unconditional, so that a negative number is refused as one.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many sockets.", valueName: "n"))
    var count = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End after so many seconds instead of at Ctrl-C.", valueName: "seconds"))
    var seconds: Double?

    @Option(help: ArgumentHelp("The kernel's end is the server (default) or the client.", valueName: "side"))
    var side: HeldSide?

    @Option(help: ArgumentHelp("The server's port.", valueName: "port"))
    var port: UInt16 = 8080

    @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "Over IPv6.")
    var ipv6 = false

    @Flag(help: "Print one line of JSON when they are held, for scripts; see linger(8).")
    var json = false

    func run() throws {
        if let seconds, !(0...1e6).contains(seconds) {
            throw Failure(.usage, "--seconds \(seconds): give a number from 0 to 1000000")
        }
        guard port > 0 else { throw Failure(.usage, "--port 0: give a number from 1 to 65535") }
        let isRoot = Surroundings.isRoot
        do throws(LabError) {
            let state = try HeldState(named: state)
            let hold = try Hold(state, count: count, side: side, family: ipv6 ? .ipv6 : .ipv4, port: port)
            let page = HoldPage(hold: hold, seconds: seconds, isRoot: isRoot)
            StandardStream.output.write(line: json ? page.json : page.text)
            let end = seconds.map { MonotonicClock.now + Microseconds($0 * 1_000_000) }
            try hold.hold(until: end)
            let left = try hold.held()
            guard left == count else {
                Notes.error("\(left) of \(count) are still in \(state.state.name) at the end")
                throw LabError("", next: "")
            }
        } catch {
            guard !error.what.isEmpty else { throw ExitStatus.findings }
            throw Failure(.usage, error.description)
        }
    }
}

extension HeldSide: Choice {}
