import ArgumentParser
import Clearing
import Sockets

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Proposes kernel settings for what the doctor finds; writes them only with --apply.",
        usage: "linger tune [<options>]",
        discussion: """
            Looks as 'linger doctor' does, and prints the settings that its findings
            ask for: the value now, the value proposed and why, the risk, the command,
            and a file for sysctl.d. What programs have to change is told only. Nothing
            that is higher already is lowered.

            --apply writes all of it or nothing, the old values first. 'linger clear
            --undo' puts them back, where nobody has changed them since.

            EXAMPLES
              linger tune                               proposals only
              linger tune --finding accept_queue_full   for one kind of finding
              sudo linger tune --apply                  write settings and file
              sudo linger clear --undo                  put the old ones back

            AUDIT RECORD
              That of 'linger clear'. If it cannot be written, nothing is changed.

            EXIT CODES
              0 proposed, or written; 2 usage, or the old values cannot be kept; 3 not
              permitted; 4 part of the host could not be seen; 5 not written, or not all
              put back; 6 nothing to propose, or to undo.
            """)

    @Option(help: ArgumentHelp("Only for this finding: its number, kind, or N:KIND.", valueName: "finding"))
    var finding: String?

    @Option(
        help: ArgumentHelp("Thresholds, as for 'linger doctor'.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Write the settings and the file; without it, nothing is changed.")
    var apply = false

    @Option(help: ArgumentHelp("The file that lasts over a boot.", valueName: "file"), completion: .file())
    var file = SysctlFile.usualPath

    @Flag(help: "Put back what was written last, as 'linger clear --undo'.")
    var undo = false

    @Flag(help: "Print everything as JSON; see docs/clearing.md.")
    var json = false

    @OptionGroup var keptOptions: KeptOptions
    @OptionGroup var auditOptions: AuditOptions
    @OptionGroup var observation: ObservationOptions
    @OptionGroup var screenOptions: ScreenOptions
    @OptionGroup var languageOptions: LanguageOptions

    func run() throws {
        let messages = languageOptions.messages
        let own = TuneMessages(language: messages.language)
        if observation.replay != nil { throw Failure(.usage, own.replayed) }
        guard undo else { return try TuneRun(self).run() }
        if apply || finding != nil { throw Failure(.usage, own.undoAlone) }
        try UndoRun(
            folder: keptOptions.folder, audit: auditOptions, isJSON: json, screen: screenOptions.screen, messages
        ).run()
    }
}
