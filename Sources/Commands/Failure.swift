/// Why a command stops: what happened, to what, and what to do next, in the reader's language.
struct Failure: Error, Equatable {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus = .usage, _ message: String) {
        self.status = status
        self.message = message
    }
}
