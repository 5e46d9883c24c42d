import ArgumentParser
import Clearing
import Diagnosis
import Kernel
import Sockets

extension Level: Choice {}

struct ClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Clears connections, at the gentlest level that works; shows the plan first.",
        discussion: ClearHelp.text)

    @Argument(help: ArgumentHelp("Which connections, as for 'linger list'.", valueName: "filter"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp("Those of a finding of 'linger doctor': its number, kind, or N:KIND.", valueName: "finding"))
    var finding: String?

    @Option(
        help: ArgumentHelp("Thresholds for --finding, as for 'linger doctor'.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(name: .customLong("by"), help: "How; without it, the gentlest that works for each.")
    var level: Level?

    @Flag(name: .shortAndLong, help: "Apply the plan; without it, nothing is changed.")
    var yes = false

    @Option(parsing: .unconditional, help: ArgumentHelp("Clear at most so many.", valueName: "n"))
    var limit: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("So many at once, then a pause.", valueName: "n"))
    var batch: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("From one batch to the next.", valueName: "seconds"))
    var every = 1.0

    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many a second.", valueName: "n"))
    var perSecond: Int?

    @Flag(help: "Go on after a refusal; without it, the first one ends the run.")
    var keepGoing = false

    @Option(parsing: .unconditional, help: ArgumentHelp("How long to wait until they are gone.", valueName: "seconds"))
    var wait = 5.0

    @Option(parsing: .unconditional, help: ArgumentHelp("kill: from SIGTERM to giving up.", valueName: "seconds"))
    var grace = 10.0

    @Flag(help: "kill: SIGKILL for what has not ended by then.")
    var force = false

    @Option(parsing: .unconditional, help: ArgumentHelp("Younger than this is left alone.", valueName: "seconds"))
    var young = 5.0

    @Flag(help: "Allow a filter that could mean every connection.")
    var evenEverything = false

    @Flag(help: "Sockets that listen too.")
    var evenListeners = false

    @Flag(help: "The ssh connection of this session too.")
    var evenOwnSession = false

    @Flag(help: "Linger's own sockets too.")
    var evenOwnSockets = false

    @Flag(name: .customLong("even-pid-1"), help: "Sockets of process 1 too.")
    var evenFirstProcess = false

    @Flag(help: "Those that --young protects too.")
    var evenYoung = false

    @Flag(help: "close: although the number may be used again.")
    var evenReuse = false

    @Flag(help: "Print plan and result as JSON; see docs/clearing.md.")
    var json = false

    @Flag(help: "Put back the kernel settings that 'linger tune' changed last.")
    var undo = false

    @OptionGroup var keptOptions: KeptOptions
    @OptionGroup var auditOptions: AuditOptions
    @OptionGroup var observation: ObservationOptions
    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        if undo {
            let messages = languageOptions.messages
            guard filter.isEmpty, finding == nil else {
                throw Failure(.usage, TuneMessages(language: messages.language).undoAlone)
            }
            try UndoRun(
                folder: keptOptions.folder, audit: auditOptions, isJSON: json, screen: screenOptions.screen, messages
            ).run()
        } else {
            try ClearRun(self).run()
        }
    }
}
