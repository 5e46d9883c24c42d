import ArgumentParser
import Clearing

/// Where the old values of kernel settings are kept.
struct KeptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where old values are kept (default as root: /var/lib/linger/undo).", valueName: "dir"),
        completion: .directory)
    var kept: String?

    var folder: String { kept ?? UndoRecord.usualFolder }
}
