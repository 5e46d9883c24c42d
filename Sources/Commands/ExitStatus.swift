/// How a run ended: the exit codes of every command, documented in linger(8).
enum ExitStatus: Int32, Error {
    /// Everything was seen, and nothing was found (`doctor`), or the list was printed.
    case success = 0
    /// `doctor` found something worse than a note; what `lab` held or expected did not hold; see `notListening`.
    case findings = 1
    /// The command line, a filter, a configuration, a recording or a history is wrong, or the output cannot be written.
    case usage = 2
    /// Not permitted to see enough to say anything.
    case notPermitted = 3
    /// Part of the host could not be seen; what was seen is printed. Goes before 1: a monitor that sees only half must
    /// not pass for one that sees all.
    case partlySeen = 4
    /// `clear`: not everything that was planned is gone.
    case incomplete = 5
    /// `clear`: nothing matches, or all that does is left alone.
    case nothingToClear = 6

    /// `serve` cannot listen on an address: it is taken, or not there yet.
    static let notListening = ExitStatus.findings
}
