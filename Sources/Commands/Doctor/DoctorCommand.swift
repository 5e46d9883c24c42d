import ArgumentParser
import Diagnosis
import Kernel
import Sockets

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what is wrong with this host's connections, worst first, and what to do.",
        usage: "linger doctor [<options>]",
        discussion: """
            Looks twice, a second apart, so that it can tell what grows and when it
            runs out. Each finding has the evidence and where each number was read,
            the cause, what runs out, what to do now and what to change for good,
            each with its risk. It changes nothing.

            Where linger serve runs, it is asked too: ages are exact then, growth is
            that of the last minutes, and the line of code that opened a connection
            is told.

            EXAMPLES
              sudo linger doctor                  all processes and namespaces
              linger doctor --brief               one line a finding
              linger doctor --sample 10           slow leaks: growth over ten seconds
              linger doctor --sample 0            one look, no waiting
              linger doctor --config linger.yaml  your own thresholds
              linger doctor --json | jq '.findings[] | {kind, severity}'

            EXIT CODES
              0 nothing found (notes are nothing), 1 findings, 2 usage, 3 not permitted
              to see anything, 4 part of the host could not be seen; what was found is
              printed all the same.
            """)

    // Unconditional, so that a negative number is refused as one.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seconds between the two looks; 0 looks once.", valueName: "seconds"))
    var sample = 1.0

    @Flag(help: "Print one line a finding, and the summary.")
    var brief = false

    @Flag(help: "Print everything as JSON; see docs/doctor.schema.json.")
    var json = false

    @Option(
        help: ArgumentHelp("YAML file of thresholds; docs/thresholds.md lists them.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(help: "Ask a running linger serve, or do without.")
    var history = HistoryChoice.auto

    @Option(
        help: ArgumentHelp("The socket that linger serve answers on.", valueName: "path"), completion: .file())
    var socket = RecollectionServer.standardPath

    @OptionGroup var observation: ObservationOptions
    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        let messages = languageOptions.messages
        guard (0...3600).contains(sample) else { throw Failure(.usage, messages.badSample(sample)) }
        if brief, json { throw Failure(.usage, messages.briefAndJSON) }
        let thresholds = try config.map { path throws(Failure) in
            try ThresholdFile(path: path, messages: messages).read()
        }
        let observer = try observation.observer(messages)
        let (before, now) = try looks(by: observer, messages)
        let history = history == .off ? .none : HistoryUse.asking(observer, at: socket, for: now, messages)
        let report = DoctorReport(
            before: before, now: now, history: history, thresholds: thresholds ?? Thresholds(), messages: messages)

        var output = Output(messages: messages)
        if json {
            report.writeJSON(to: &output)
        } else if brief {
            report.writeBrief(screenOptions.screen, to: &output)
        } else {
            report.write(screenOptions.screen, to: &output)
        }
        try output.flush()
        if report.status != .success { throw report.status }
    }

    private func looks(by observer: Observer, _ messages: Messages) throws -> (before: Snapshot?, now: Snapshot) {
        var look = try observation.look(messages)
        look.closedSockets = true
        look.limits = true
        let first = try observation.look(by: observer, look)
        // A recording has the looks that it has, and its own time between them.
        if let recorded = observer.recordedLooks {
            return recorded < 2 ? (nil, first) : (first, try observation.look(by: observer, look))
        }
        guard sample > 0 else { return (nil, first) }
        Surroundings.sleep(seconds: sample)
        return (first, try observation.look(by: observer, look))
    }
}

/// Whether to ask the daemon.
enum HistoryChoice: String, CaseIterable, ExpressibleByArgument { case auto, off }
