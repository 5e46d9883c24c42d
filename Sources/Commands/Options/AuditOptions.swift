import ArgumentParser

/// Where a command that changes something writes down what it did.
struct AuditOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where the audit record goes; see AUDIT RECORD.", valueName: "file"), completion: .file())
    var audit: String?

    @Flag(help: "Keep no audit record.")
    var withoutAudit = false
}
